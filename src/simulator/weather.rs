//! Bad weather: a share of all answers is faulty, of every kind that passes by itself. The same seed gives the same
//! faults to the same requests, however they interleave.

use super::faults::{FaultKind, Preset};
use crate::domain::{Dice, Timestamp, dice::SeededDice};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forecast {
    /// The share of faulty answers, 0 to 1.
    pub share: f64,
    /// What the faults are drawn by.
    pub seed: u64,
    /// Also answers that cannot be had again, such as rotated tokens, may be lost on the way. That is no passing fault:
    /// the consent is over with it.
    #[serde(default)]
    pub loses_tokens: bool,
}

/// A request on its way.
pub(super) struct Passing<'a> {
    pub platform: &'a str,
    pub path: &'a str,
    /// Without secrets.
    pub query: &'a str,
    pub at: Timestamp,
}

/// The weather, as it goes.
pub(super) struct Weather {
    forecast: Forecast,
    /// The moment of the latest requests, and how often each of them came at it.
    moment: Timestamp,
    seen: HashMap<[u8; 32], u32>,
}

impl Weather {
    /// # Errors
    /// A sentence when the share is none.
    pub(super) fn new(forecast: Forecast) -> Result<Self, String> {
        if !(0.0..=1.0).contains(&forecast.share) {
            return Err("share: a number from 0 to 1".into());
        }
        Ok(Self { forecast, moment: Timestamp::UNIX_EPOCH, seen: HashMap::new() })
    }

    /// What happens to `request`. `presets` are the platform's own passing refusals.
    pub(super) fn strike(&mut self, request: &Passing<'_>, presets: impl FnOnce() -> Vec<Preset>) -> Option<FaultKind> {
        if self.moment != request.at {
            self.moment = request.at;
            self.seen.clear();
        }
        let at = request.at.timestamp_micros().to_le_bytes();
        let text = [request.platform, request.path, request.query].join("\n");
        let key: [u8; 32] = Sha256::new().chain_update(at).chain_update(text).finalize().into();
        let turn = self.seen.entry(key).or_insert(0);
        *turn += 1;
        let mixed = Sha256::new()
            .chain_update(self.forecast.seed.to_le_bytes())
            .chain_update(key)
            .chain_update(turn.to_le_bytes())
            .finalize();
        let dice = SeededDice::new(mixed.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte)));
        if dice.fraction() >= self.forecast.share {
            return None;
        }
        let mut kinds = vec![
            FaultKind::Html(500),
            FaultKind::Html(502),
            FaultKind::Html(503),
            FaultKind::Html(504),
            FaultKind::Cut,
            FaultKind::Slow(1),
        ];
        // A lost answer to a reading is read again; lost tokens are not.
        let is_token = request.path.to_ascii_lowercase().contains("token");
        if self.forecast.loses_tokens || !is_token {
            kinds.extend([FaultKind::CutAfter, FaultKind::TruncatedJson]);
        }
        if !is_token {
            kinds.extend(presets().into_iter().map(FaultKind::from));
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let chosen = (dice.fraction() * kinds.len() as f64) as usize;
        kinds.into_iter().nth(chosen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_timestamp(1_795_348_800 + minute * 60, 0).expect("a time of our days")
    }

    fn struck(weather: &mut Weather, path: &str, minute: i64) -> Option<&'static str> {
        let request = Passing { platform: "twitter", path, query: "", at: at(minute) };
        weather.strike(&request, Vec::new).map(|kind| kind.word())
    }

    fn weather(share: f64, seed: u64, loses_tokens: bool) -> Weather {
        Weather::new(Forecast { share, seed, loses_tokens }).expect("weather")
    }

    #[test]
    fn the_share_is_kept_and_the_seed_decides() {
        let (mut first, mut same, mut other) =
            (weather(0.05, 7, false), weather(0.05, 7, false), weather(0.05, 8, false));
        let run = |weather: &mut Weather| -> Vec<_> {
            (0..20_000).map(|minute| struck(weather, "/2/users/1/tweets", minute)).collect()
        };
        let (one, two, three) = (run(&mut first), run(&mut same), run(&mut other));
        assert_eq!(one, two);
        assert_ne!(one, three);
        let faulty = one.iter().flatten().count();
        assert!((800..1200).contains(&faulty), "{faulty} of 20000");
        for word in ["html", "cut", "slow", "cut_after", "truncated_json"] {
            assert!(one.contains(&Some(word)), "{word}");
        }
    }

    #[test]
    fn the_order_of_requests_does_not_matter() {
        let (mut first, mut second) = (weather(0.5, 7, false), weather(0.5, 7, false));
        let paths: Vec<String> = (0..100).map(|n| format!("/2/users/{n}/tweets")).collect();
        let forth: Vec<_> = paths.iter().map(|path| struck(&mut first, path, 0)).collect();
        let mut back: Vec<_> = paths.iter().rev().map(|path| struck(&mut second, path, 0)).collect();
        back.reverse();
        assert_eq!(forth, back);
    }

    #[test]
    fn tokens_are_lost_only_when_asked_for() {
        let words = |loses| -> Vec<_> {
            let mut weather = weather(1.0, 7, loses);
            (0..200).filter_map(|minute| struck(&mut weather, "/2/oauth2/token", minute)).collect()
        };
        assert!(!words(false).contains(&"cut_after") && !words(false).contains(&"truncated_json"));
        assert!(words(true).contains(&"cut_after") && words(true).contains(&"truncated_json"));
        assert!(Weather::new(Forecast { share: 1.5, seed: 0, loses_tokens: false }).is_err());
    }
}
