//! Figures, as a table for people and as JSON.

use serde_json::{Value, json};
use std::{fmt, fs, path::Path};

/// What a figure must reach.
#[derive(Clone, Copy)]
pub enum Goal {
    /// At least so much.
    AtLeast(f64),
    /// At most so much.
    AtMost(f64),
    /// At least this part of the floor.
    OfFloor(f64),
    /// At most so many times the floor.
    TimesFloor(f64),
    /// It is only told.
    None,
}

/// One figure.
pub struct Row {
    /// What was measured.
    pub what: String,
    /// In what.
    pub unit: &'static str,
    /// Each run's.
    pub runs: Vec<f64>,
    /// What the floor is, and each run's.
    pub floor: Option<(&'static str, Vec<f64>)>,
    /// All of them must be met.
    pub goals: Vec<Goal>,
}

impl Row {
    /// The median of the runs.
    pub fn figure(&self) -> f64 {
        median(&self.runs)
    }

    /// The figure's part of the floor.
    pub fn ratio(&self) -> Option<f64> {
        self.floor.as_ref().map(|(_, runs)| self.figure() / median(runs))
    }

    fn met(&self, goal: Goal) -> bool {
        match goal {
            Goal::AtLeast(least) => self.figure() >= least,
            Goal::AtMost(most) => self.figure() <= most,
            Goal::OfFloor(part) => self.ratio().is_some_and(|ratio| ratio >= part),
            Goal::TimesFloor(times) => self.ratio().is_some_and(|ratio| ratio <= times),
            Goal::None => true,
        }
    }

    fn verdict(&self) -> &'static str {
        match () {
            () if self.goals.iter().all(|goal| matches!(goal, Goal::None)) => "",
            () if self.goals.iter().all(|goal| self.met(*goal)) => "met",
            () => "MISSED",
        }
    }

    fn goal(&self) -> String {
        let words = self.goals.iter().filter_map(|goal| match goal {
            Goal::AtLeast(least) => Some(format!("≥ {}", number(*least))),
            Goal::AtMost(most) => Some(format!("≤ {}", number(*most))),
            Goal::OfFloor(part) => Some(format!("≥ {part} × floor")),
            Goal::TimesFloor(times) => Some(format!("≤ {times} × floor")),
            Goal::None => None,
        });
        words.collect::<Vec<_>>().join(", ")
    }

    fn json(&self) -> Value {
        json!({
            "what": self.what, "unit": self.unit, "figure": self.figure(), "runs": self.runs,
            "floor": self.floor.as_ref().map(|(what, runs)| json!({"what": what, "figure": median(runs), "runs": runs})),
            "ratio": self.ratio(), "goal": self.goal(), "verdict": self.verdict(),
        })
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let floor = self.floor.as_ref().map(|(_, runs)| number(median(runs))).unwrap_or_default();
        let ratio = self.ratio().map(number).unwrap_or_default();
        let (figure, goal, verdict) = (number(self.figure()), self.goal(), self.verdict());
        write!(f, "{:<58} {figure:>10} {:<12} {floor:>10} {ratio:>7}  {goal:<26} {verdict}", self.what, self.unit)
    }
}

/// All figures.
#[derive(Default)]
pub struct Report(Vec<Row>);

impl Report {
    /// Adds one.
    pub fn add(&mut self, row: Row) {
        self.0.push(row);
    }

    /// Writes them as JSON.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let rows: Vec<Value> = self.0.iter().map(Row::json).collect();
        let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, serde_json::to_string_pretty(&json!({ "cores": cores, "rows": rows }))?)?;
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, figure, floor, ratio, goal) = ("what", "figure", "floor", "ratio", "goal");
        writeln!(f, "\n{what:<58} {figure:>10} {:<12} {floor:>10} {ratio:>7}  {goal}", "")?;
        self.0.iter().try_for_each(|row| writeln!(f, "{row}"))
    }
}

/// The middle one; the mean of the two in the middle.
pub fn median(runs: &[f64]) -> f64 {
    let mut sorted = runs.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => f64::NAN,
        (length, middle) if length % 2 == 1 => sorted[middle],
        (_, middle) => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// With as many digits as mean something.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 0.1 || size == 0.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}
