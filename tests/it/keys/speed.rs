//! What sealing costs, beside the cipher alone in the same run. `cargo test --release --test it keys::speed -- --ignored
//! --nocapture`

use super::{NEXT_KEY, both};
use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit};
use nchat_social::{
    crypto::{KeyRing, Sealer, aad},
    domain::dice::SystemDice,
};
use secrecy::SecretString;
use std::{hint::black_box, sync::Arc, time::Instant};
use uuid::Uuid;

/// Microseconds of one call, the best of several rounds.
fn micros(mut call: impl FnMut()) -> f64 {
    const CALLS: u32 = 20_000;
    let rounds = (0..7).map(|_| {
        let began = Instant::now();
        (0..CALLS).for_each(|_| call());
        began.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS)
    });
    rounds.fold(f64::INFINITY, f64::min)
}

#[test]
#[ignore = "a measurement"]
fn sealing_and_opening_a_token_costs_little_more_than_the_cipher() {
    let ring = |keys: &str| KeyRing::parse(&SecretString::from(keys.to_owned())).expect("keys");
    let sealer = Sealer::new(ring(&both()), Arc::new(SystemDice));
    let bound_to = aad(Uuid::from_u128(7), "access_token");
    let token = [b'x'; 1024];
    let sealed = sealer.seal(&token, &bound_to);
    let older = Sealer::new(ring(&format!("{},{NEXT_KEY}", super::ENCRYPTION_KEY)), Arc::new(SystemDice));

    let cipher = Aes256Gcm::new(&[7; 32].into());
    let nonce = [1_u8; 12].into();
    let mut body = token;
    let tag = cipher.encrypt_inout_detached(&nonce, &bound_to, body.as_mut_slice().into()).expect("sealed");
    let raw_seal = micros(|| {
        let mut body = token;
        black_box(cipher.encrypt_inout_detached(&nonce, &bound_to, body.as_mut_slice().into()).expect("sealed"));
    });
    let raw_open = micros(|| {
        let mut body = body;
        cipher.decrypt_inout_detached(&nonce, &bound_to, body.as_mut_slice().into(), &tag).expect("opens");
        black_box(body);
    });
    let seal = micros(|| drop(black_box(sealer.seal(&token, &bound_to))));
    let open = micros(|| drop(black_box(sealer.open(&sealed, &bound_to).expect("opens"))));
    let open_older = micros(|| drop(black_box(older.open(&sealed, &bound_to).expect("opens"))));
    println!(
        "1 kB, µs: seal {seal:.2} (cipher alone {raw_seal:.2}), open {open:.2} ({raw_open:.2}), by an older key {open_older:.2}"
    );
    assert!(seal < 4.0 * raw_seal && open < 3.0 * raw_open, "the form costs more than the cipher");
    if !cfg!(debug_assertions) {
        assert!(seal < 5.0 && open < 5.0 && open_older < 5.0, "µs for a token of 1 kB");
    }
}
