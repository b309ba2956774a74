//! A token of 1 kB, sealed and opened; the floor is ring's AES-256-GCM alone.

use crate::{
    database::KEY,
    report::{Goal, Row},
};
use nchat_social::{
    crypto::{KeyRing, Sealer, aad},
    domain::dice::SystemDice,
};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use secrecy::SecretString;
use std::{hint::black_box, sync::Arc, time::Instant};
use uuid::Uuid;

const ROUNDS: usize = 7;
const CALLS: usize = 20_000;

pub fn measure() -> anyhow::Result<Vec<Row>> {
    let sealer = Sealer::new(KeyRing::parse(&SecretString::from(KEY.to_owned()))?, Arc::new(SystemDice));
    let bound_to = aad(Uuid::from_u128(7), "access_token");
    let token = [b'x'; 1024];
    let sealed = sealer.seal(&token, &bound_to);
    let bare = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).map_err(|_| anyhow::anyhow!("a key"))?);
    let nonce = || Nonce::assume_unique_for_key([1; 12]);
    let mut bare_sealed = token.to_vec();
    bare.seal_in_place_append_tag(nonce(), Aad::from(&bound_to), &mut bare_sealed)
        .map_err(|_| anyhow::anyhow!("seals"))?;

    let (mut seal, mut open, mut bare_seal, mut bare_open) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        seal.push(micros(|| drop(black_box(sealer.seal(&token, &bound_to)))));
        bare_seal.push(micros(|| {
            let mut token = token.to_vec();
            black_box(bare.seal_in_place_append_tag(nonce(), Aad::from(&bound_to), &mut token)).expect("seals");
        }));
        open.push(micros(|| drop(black_box(sealer.open(&sealed, &bound_to)).expect("opens"))));
        bare_open.push(micros(|| {
            let mut sealed = bare_sealed.clone();
            black_box(bare.open_in_place(nonce(), Aad::from(&bound_to), &mut sealed)).expect("opens");
        }));
    }
    let row = |what: &str, runs, floor| Row {
        what: what.into(),
        unit: "µs",
        runs,
        floor: Some(("ring's cipher alone", floor)),
        goals: vec![Goal::AtMost(5.0)],
    };
    Ok(vec![row("sealing a token of 1 kB", seal, bare_seal), row("opening it", open, bare_open)])
}

/// Microseconds of one call.
fn micros(mut call: impl FnMut()) -> f64 {
    let began = Instant::now();
    (0..CALLS).for_each(|_| call());
    began.elapsed().as_secs_f64() * 1e6 / CALLS as f64
}
