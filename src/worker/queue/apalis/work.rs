//! The workers: kept alive until the stop, whatever happens to the database.

use super::{ApalisQueue, QUEUE, job::Desk, open_pool, pulse::Pulse, tick::EveryTick};
use crate::{domain::Dice, worker::queue::Handler};
use apalis::prelude::{BackendExt, BoxDynError, Event, EventListenerExt, Monitor, WorkerBuilder, WorkerBuilderExt};
use apalis_postgres::{Config, PostgresStorage};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{Semaphore, watch},
    time::sleep,
};

/// Works jobs until `stop` turns true and those that have begun are done, or their grace is over.
pub(super) async fn run(queue: &ApalisQueue, workers: usize, handler: Handler, stop: watch::Receiver<bool>) {
    let slots = Arc::new(Semaphore::new(workers));
    // Goes when this future ends or is dropped: no job outlives it.
    let (_alive, cut) = watch::channel(());
    let desk = Desk { handler, limit: queue.timing.job_limit, slots: Arc::clone(&slots), cut };
    let begun = async {
        until_done(queue, workers, &desk, stop.clone()).await;
        // Jobs whose worker lost its connection run on without it.
        let all = u32::try_from(workers).unwrap_or(u32::MAX);
        drop(slots.acquire_many(all).await);
    };
    let overtime = async {
        stopped(stop.clone()).await;
        sleep(queue.timing.grace).await;
    };
    tokio::select! {
        () = begun => {}
        () = overtime => tracing::warn!(grace_s = queue.timing.grace.as_secs(), "stopped before every job had ended"),
    }
}

/// Round after round of workers, until the stop. A round ends early only when a worker hangs, or cannot reach the
/// database for that long.
async fn until_done(queue: &ApalisQueue, workers: usize, desk: &Desk, stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let pulse = Arc::new(Pulse::of(workers, queue.timing.dead_after() * 2));
        let monitor = hire(queue, workers, desk, &pulse);
        let context = monitor.context();
        let announce = async {
            stopped(stop.clone()).await;
            // Cannot fail: it raises a flag and wakes the workers.
            context.shutdown().ok();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            ended = monitor.run() => if let Err(problem) = ended {
                tracing::error!(%problem, "the queue's workers ended");
            },
            () = pulse.lost() => {
                tracing::error!("a worker of the queue shows no sign of life: starting all of them anew");
            }
            () = announce => {}
        }
        tokio::select! {
            () = sleep(pause(&*queue.dice)) => {}
            () = stopped(stop.clone()) => {}
        }
    }
}

/// The workers of a round, with connections of their own: those of a round that hung may never come back.
fn hire(queue: &ApalisQueue, workers: usize, desk: &Desk, pulse: &Arc<Pulse>) -> Monitor {
    let timing = queue.timing;
    let pool = open_pool(&queue.options, u32::try_from(workers).unwrap_or(u32::MAX).clamp(1, 5));
    let config = Config::default()
        .queue(QUEUE)
        // More are fetched ahead, and while they wait the worker sends no heartbeat: others would take its jobs.
        .batch_size(1)
        .heartbeat_interval(timing.heartbeat)
        .missed_heartbeats(timing.missed_heartbeats);
    let crew = crew_name(queue);
    let (desk, pulse) = (desk.clone(), Arc::clone(pulse));
    let dice = Arc::clone(&queue.dice);
    Monitor::new()
        // Any database error ends a worker. A fresh one goes on in its place.
        .should_restart(|worker, problem| {
            tracing::warn!(worker = worker.name(), %problem, "a worker of the queue starts anew");
            true
        })
        .register_n(workers, move |index, restarts| {
            let (desk, pulse) = (desk.clone(), Arc::clone(&pulse));
            let pause = if restarts == 0 { Duration::ZERO } else { pause(&*dice) };
            let storage = PostgresStorage::<Value>::new(&pool)
                .with_config(config.clone())
                .poll_with_strategy(EveryTick::of(timing.poll_every))
                // apalis restarts at once, and again: refusals would come by the thousand.
                .before_start(move |_| async move {
                    sleep(pause).await;
                    Ok(())
                });
            // A name that was used before would make the dead worker's jobs look alive.
            WorkerBuilder::new(format!("{crew}-{index}-{restarts}"))
                .backend(storage)
                .concurrency(1)
                .on_event(move |_, event| {
                    if matches!(event, Event::HeartBeat) {
                        pulse.beat(index);
                    }
                })
                .build(move |payload: Value| {
                    let desk = desk.clone();
                    async move {
                        desk.work(payload).await;
                        Ok::<(), BoxDynError>(())
                    }
                })
        })
}

/// Unique for this round of this queue.
fn crew_name(queue: &ApalisQueue) -> String {
    format!("{}-{}", queue.name, queue.dice.uuid(queue.clock.now()).simple())
}

/// About a second, spread so that workers do not come back in step.
fn pause(dice: &dyn Dice) -> Duration {
    Duration::from_millis(500) + Duration::from_secs(1).mul_f64(dice.fraction())
}

/// Returns once `stop` is true; never when its sender is gone without a word.
async fn stopped(mut stop: watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}
