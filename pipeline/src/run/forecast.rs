//! How long the rest of a run will take: by the declared cost of its stages, held against the time that
//! the ones before took.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::plan::Plan;
use crate::stage::Stage;

/// What is left of a run.
#[derive(Debug)]
pub(super) struct Forecast {
    /// Declared seconds of the stages that are still to do.
    left: BTreeMap<Stage, f64>,
    /// Declared and measured seconds of those that were computed.
    computed: (f64, f64),
}

impl Forecast {
    /// Everything is left.
    pub(super) fn new(plan: &Plan) -> Self {
        let left = plan.stages().iter().map(|stage| (*stage, plan.seconds(*stage))).collect();
        Self { left, computed: (0.0, 0.0) }
    }

    /// A stage was kept: it tells nothing about the speed of the machine.
    pub(super) fn kept(&mut self, stage: Stage) {
        self.left.remove(&stage);
    }

    /// A stage was computed.
    pub(super) fn computed(&mut self, stage: Stage, seconds: f64) {
        let declared = self.left.remove(&stage).unwrap_or(0.0);
        self.computed = (self.computed.0 + declared, self.computed.1 + seconds);
    }

    /// The time that is left; `None` at the end, and before a stage has shown how fast this machine is.
    pub(super) fn left(&self) -> Option<Duration> {
        let declared: f64 = self.left.values().sum();
        let (of, took) = self.computed;
        let is_known = declared > 0.0 && of > 0.0 && took > 0.0;
        is_known.then(|| Duration::from_secs_f64(declared * took / of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forecast() -> Forecast {
        let left = [(Stage::Ingest, 60.0), (Stage::Classify, 100.0), (Stage::Update, 40.0)];
        Forecast { left: left.into(), computed: (0.0, 0.0) }
    }

    #[test]
    fn what_is_left_is_the_declared_cost_at_the_speed_shown_so_far() {
        let mut forecast = forecast();
        assert_eq!(forecast.left(), None);
        // Twice as slow as declared.
        forecast.computed(Stage::Ingest, 120.0);
        assert_eq!(forecast.left(), Some(Duration::from_secs(280)));
        // Then as declared: 160 declared seconds took 220.
        forecast.computed(Stage::Classify, 100.0);
        assert_eq!(forecast.left(), Some(Duration::from_secs(55)));
        forecast.computed(Stage::Update, 1.0);
        assert_eq!(forecast.left(), None);
    }

    #[test]
    fn a_kept_stage_says_nothing_about_speed() {
        let mut forecast = forecast();
        forecast.kept(Stage::Ingest);
        assert_eq!(forecast.left(), None);
        forecast.computed(Stage::Classify, 50.0);
        assert_eq!(forecast.left(), Some(Duration::from_secs(20)));
    }
}
