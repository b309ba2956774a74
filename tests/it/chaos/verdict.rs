//! What became of the posts.

use nchat_social::config::environment;
use std::{collections::HashSet, fmt};

/// What must not be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Posts without a message.
    pub lost: usize,
    /// Messages too many.
    pub doubled: usize,
    /// Messages that come after a later one.
    pub out_of_order: usize,
    /// Connections that ended although the platform still honours what it had granted.
    pub tokens_lost: usize,
}

impl Verdict {
    /// Adds what became of an account's `posts`, told by the numbers of its messages in their order.
    pub fn add(&mut self, posts: usize, arrived: &[usize]) {
        let seen: HashSet<usize> = arrived.iter().copied().collect();
        self.lost += (0..posts).filter(|number| !seen.contains(number)).count();
        self.doubled += arrived.len() - seen.len();
        self.out_of_order += arrived.windows(2).filter(|pair| pair[0] > pair[1]).count();
    }

    /// Leaves it where `make chaos` reads it.
    pub fn tell(&self) {
        if let Some(file) = environment("CHAOS_VERDICT") {
            std::fs::write(file, format!("{self}\n")).expect("the verdict's file");
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lost, doubled, out_of_order, tokens_lost } = self;
        write!(f, "lost {lost} doubled {doubled} out-of-order {out_of_order} tokens-lost {tokens_lost}")
    }
}

#[test]
fn losses_doubles_and_disorder_are_seen() {
    let of = |arrived: &[usize]| {
        let mut verdict = Verdict::default();
        verdict.add(4, arrived);
        verdict.to_string()
    };
    assert_eq!(of(&[0, 1, 2, 3]), "lost 0 doubled 0 out-of-order 0 tokens-lost 0");
    assert_eq!(of(&[0, 2, 3]), "lost 1 doubled 0 out-of-order 0 tokens-lost 0");
    assert_eq!(of(&[0, 1, 1, 2, 3]), "lost 0 doubled 1 out-of-order 0 tokens-lost 0");
    assert_eq!(of(&[0, 2, 1, 3]), "lost 0 doubled 0 out-of-order 1 tokens-lost 0");
    assert_eq!(of(&[]), "lost 4 doubled 0 out-of-order 0 tokens-lost 0");
}
