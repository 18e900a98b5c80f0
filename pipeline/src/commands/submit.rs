//! `millesime submit`: a plan as jobs of a cluster's own engine.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::ValueEnum;

use crate::batch::Planned;
use crate::config::Config;
use crate::error::Error;
use crate::plan;
use crate::slurm::{self, Orders};
use crate::stage::Stage;
use crate::talk;

/// What `submit` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples: look at the jobs of two departments, then put them in the queue
  millesime submit aude/config.yaml gard/config.yaml --dry-run
  millesime submit aude/config.yaml gard/config.yaml --partition cpu --account ocsge --cpus 16")]
pub struct Args {
    /// Configurations or batch documents, in a folder that the nodes share, as are the results
    #[arg(value_name = "CONFIG", required = true)]
    configs: Vec<PathBuf>,
    /// The cluster's engine
    #[arg(long, value_name = "ENGINE", default_value = "slurm")]
    engine: Engine,
    /// Put results in DIR/D011/2021 instead of the configuration's `out`
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Partition of the jobs [default: the cluster's]
    #[arg(long, value_name = "NAME")]
    partition: Option<String>,
    /// Account that pays for them [default: the user's]
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Time limit of every job as Slurm writes it, such as `2:00:00` [default: from its cost]
    #[arg(long, value_name = "TIME")]
    time: Option<String>,
    /// Cores of each job
    #[arg(long, value_name = "N", default_value = "4")]
    cpus: NonZeroUsize,
    /// Most tasks of one array
    #[arg(long, value_name = "N", default_value = "1000")]
    max_array: NonZeroUsize,
    /// How long the blocks of one task should take, in minutes; 0: one block for each task
    #[arg(long, value_name = "MINUTES", default_value = "20")]
    task_minutes: u64,
    /// How often a task that fails is put in the queue again
    #[arg(long, value_name = "N", default_value = "2")]
    retries: u32,
    /// Write the scripts, submit nothing
    #[arg(long)]
    dry_run: bool,
}

/// Engines that plans are given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// Slurm, by `sbatch`
    Slurm,
}

/// Writes the scripts of every configuration and prints their paths, or the numbers of the jobs. A run
/// that starts from the result of another waits for its last job.
///
/// # Errors
/// Those of [`crate::Config::load`], [`plan::units`], [`slurm::write`] and [`slurm::submit`].
pub fn execute(args: &Args) -> Result<(), Error> {
    let Engine::Slurm = args.engine;
    let orders = orders(args);
    let mut last_jobs: Vec<Option<String>> = Vec::new();
    for run in Planned::load(&args.configs, args.out.as_deref(), Ok) {
        let after: Vec<String> =
            run.after.iter().filter_map(|&rank| last_jobs[rank].clone()).collect();
        last_jobs.push(one(&run.config?, (args, &orders), &after)?);
    }
    if args.dry_run {
        talk::line("nothing was submitted: read the scripts, then leave `--dry-run` out");
    }
    Ok(())
}

fn orders(args: &Args) -> Orders {
    Orders {
        partition: args.partition.clone(),
        account: args.account.clone(),
        time: args.time.clone(),
        cpus: args.cpus.get(),
        array_max: args.max_array.get(),
        task_minutes: args.task_minutes,
        retries: args.retries,
    }
}

/// The jobs of one configuration; gives the number of the last.
fn one(
    config: &Config,
    (args, orders): (&Args, &Orders),
    after: &[String],
) -> Result<Option<String>, Error> {
    let stages: Vec<Stage> = Stage::of(config).collect();
    let jobs = slurm::jobs(&plan::units(config, &stages)?, orders);
    let scripts = slurm::write(config, args.out.as_deref(), &jobs, orders)?;
    if args.dry_run {
        let lines: Vec<String> = scripts.iter().map(|s| format!("{}\n", s.display())).collect();
        talk::data(&lines.concat())?;
        return Ok(None);
    }
    let submitted = slurm::submit((&jobs, &scripts), after)?;
    for job in &submitted {
        talk::data(&format!("{} {}\n", job.id, job.name))?;
    }
    Ok(submitted.last().map(|job| job.id.clone()))
}
