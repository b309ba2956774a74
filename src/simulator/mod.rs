//! The platforms as one small world with memory, on their real paths and in their real shapes.
//! Shares no code with `platforms`, so that a misreading on either side shows.
//!
//! X's `https://api.x.com/2/users/me` is `{base}/twitter/2/users/me` here; what tests and people tell the world goes
//! through [`Simulator`] in process or through `{base}/_control/` over HTTP.

pub mod calls;
pub mod control;
pub mod faults;
pub mod feed;
pub mod instagram;
pub mod linkedin;
pub mod page;
pub mod push;
pub mod serve;
pub mod twitter;
pub mod weather;
pub mod world;

pub use calls::Call;
pub use faults::{Fault, FaultKind, Preset};
pub use push::{Push, Pushed};
pub use weather::Forecast;
pub use world::{Counters, Draft, DraftMedia, GrantState, NewAccount, Other, PlatformWorld, Shared};

use std::sync::Arc;

/// Every simulated platform, what goes wrong on demand, and what was called.
pub struct Simulator {
    shared: Shared,
    worlds: Vec<Arc<dyn PlatformWorld>>,
    faults: faults::Faults,
    calls: calls::Calls,
}

impl Simulator {
    /// A simulator of `worlds`, without faults and with an empty call log.
    pub fn new(shared: Shared, worlds: Vec<Arc<dyn PlatformWorld>>) -> Arc<Self> {
        Arc::new(Self { shared, worlds, faults: faults::Faults::default(), calls: calls::Calls::default() })
    }

    /// The clock, the dice and the address its platforms share.
    pub fn shared(&self) -> &Shared {
        &self.shared
    }

    /// The platform called `name`: `twitter`, `instagram`, `linkedin`.
    pub fn world(&self, name: &str) -> Option<&Arc<dyn PlatformWorld>> {
        self.worlds.iter().find(|world| world.name() == name)
    }

    /// Every platform.
    pub fn worlds(&self) -> &[Arc<dyn PlatformWorld>] {
        &self.worlds
    }

    /// Arms `fault`. Faults are tried in the order they were armed; the first that fits a request happens.
    ///
    /// # Errors
    /// A sentence when the fault cannot happen: unknown platform or preset, a status or header that HTTP does not have.
    pub fn fault(&self, mut fault: Fault) -> Result<(), String> {
        if let FaultKind::Preset(name) = &fault.kind {
            // Limits in it end after the present.
            let world = self.world(&fault.platform).ok_or_else(|| self.unknown_world(&fault.platform))?;
            let preset = world.preset(name).ok_or_else(|| {
                let known: Vec<_> = world.presets().into_iter().map(|(name, _)| name).collect();
                format!("unknown preset {name:?}: use {}", known.join(", "))
            })?;
            fault.kind = preset.into();
        } else if fault.platform != "*" && self.world(&fault.platform).is_none() {
            return Err(self.unknown_world(&fault.platform));
        }
        self.faults.arm(fault, self.shared.clock.now())
    }

    /// From now on a share of all answers is faulty; armed faults come first.
    ///
    /// # Errors
    /// A sentence when the share is none.
    pub fn weather(&self, forecast: Forecast) -> Result<(), String> {
        self.faults.set_weather(Some(weather::Weather::new(forecast)?));
        Ok(())
    }

    /// Disarms every fault, and the weather clears.
    pub fn clear_faults(&self) {
        self.faults.clear();
    }

    fn passing_presets(&self, platform: &str) -> Vec<Preset> {
        let Some(world) = self.world(platform) else { return Vec::new() };
        let passing = world.presets().into_iter().filter(|(_, passes)| *passes);
        passing.filter_map(|(name, _)| world.preset(name)).collect()
    }

    /// The latest calls to platforms, oldest first, at most [`calls::KEPT`]. Holds no secrets.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.list()
    }

    /// Forgets the calls so far.
    pub fn clear_calls(&self) {
        self.calls.clear();
    }

    fn unknown_world(&self, name: &str) -> String {
        let known: Vec<_> = self.worlds.iter().map(|world| world.name()).collect();
        format!("unknown platform {name:?}: use {}", known.join(", "))
    }
}

#[cfg(test)]
mod tests;
