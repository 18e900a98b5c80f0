//! Slurm as the engine of a plan: one job, or array of jobs, for each step, each after the one before.
//!
//! Nothing here schedules: what is written are scripts for `sbatch`, whose memory and time come from
//! the costs of the units. See Slurm's manuals of `sbatch` (arrays, dependencies, `--requeue`,
//! `--signal`) and `scontrol` (`requeue`), <https://slurm.schedmd.com/>.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use minijinja::{Environment, context};
use serde::Serialize;

use crate::artefact::{self, folder_of, modified, name_of, publish_bytes};
use crate::config::Config;
use crate::context::WORK;
use crate::error::Error;
use crate::plan::{Part, Unit};
use crate::run::work_dir;

/// The folder of scripts, logs and states among the working files.
const FOLDER: &str = "slurm";
/// The template of a job's script.
const SCRIPT: &str = include_str!("slurm/job.sh");
/// Share of the memory that a unit is said to take which a job asks for.
const MEMORY_MARGIN: f64 = 1.25;
/// The same of its time: nodes differ, and file systems more.
const TIME_MARGIN: f64 = 3.0;
/// Least time that a job asks for, in minutes.
const MINUTES_MIN: u64 = 10;
/// Restarts by Slurm itself (preemption, lost nodes, the end of the time) after which a task ends.
const RESTARTS_MAX: u32 = 100;
/// Lines of a failed task's log that are shown.
const TAIL: usize = 8;

/// How jobs are asked for.
#[derive(Debug, Clone)]
pub struct Orders {
    /// Partition, or that of the cluster.
    pub partition: Option<String>,
    /// Account, or that of the user.
    pub account: Option<String>,
    /// Time limit of every job as Slurm writes it, or one from its cost.
    pub time: Option<String>,
    /// Cores of each job.
    pub cpus: usize,
    /// Most tasks of one array; `MaxArraySize` of the cluster is one more at least.
    pub array_max: usize,
    /// How long the blocks of one task should take, in minutes.
    pub task_minutes: u64,
    /// How often a task that fails is put in the queue again.
    pub retries: u32,
}

/// One job of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its name: `D011-2021-classify-blocks`.
    pub name: String,
    /// The arguments of its worker, without a slice.
    arguments: Vec<String>,
    /// Tasks of its array; `None` for a single job.
    pub tasks: Option<usize>,
    /// Memory of one task, in megabytes.
    pub memory_mb: u64,
    /// Time of one task, in minutes.
    pub minutes: u64,
}

/// A job in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// Its name.
    pub name: String,
    /// Its number.
    pub id: String,
}

/// The jobs of the units of one configuration, in their order.
pub fn jobs(units: &[Unit], orders: &Orders) -> Vec<Job> {
    units.chunk_by(|a, b| a.step == b.step).map(|step| job(step, orders)).collect()
}

/// The job of one step.
fn job(step: &[Unit], orders: &Orders) -> Job {
    let Unit { stage, part, folder, .. } = &step[0];
    let cpus = orders.cpus as u64;
    let total: u64 = step.iter().map(|unit| unit.cost.core_seconds).sum();
    let is_array = matches!(part, Part::Block(_));
    let tasks = is_array.then(|| {
        let of_task = (60 * orders.task_minutes * cpus).max(1);
        (total.div_ceil(of_task) as usize).clamp(1, orders.array_max.min(step.len()).max(1))
    });
    let seconds = total.div_ceil(tasks.unwrap_or(1) as u64);
    // Only blocks are sure to keep every core at work.
    let seconds = if is_array { seconds.div_ceil(cpus) } else { seconds };
    let memory = step.iter().map(|unit| unit.cost.memory(orders.cpus)).max().unwrap_or(0);
    let name = match part {
        Part::Whole => "whole",
        Part::Prepare => "prepare",
        Part::Block(_) => "blocks",
        Part::Seal => "seal",
    };
    Job {
        name: format!("{}-{stage}-{name}", folder.replace('/', "-")),
        arguments: step[0].arguments_of_stage(),
        tasks,
        memory_mb: (memory as f64 * MEMORY_MARGIN / 1e6).ceil() as u64,
        minutes: ((seconds as f64 * TIME_MARGIN / 60.0).ceil() as u64).max(MINUTES_MIN),
    }
}

/// Writes the script of each job; gives their paths.
///
/// * `out`: what `--out` was, if it was given.
///
/// # Errors
/// [`Error::Write`], or [`Error::Read`] when the program or the configuration cannot be found.
pub fn write(
    config: &Config,
    out: Option<&Path>,
    jobs: &[Job],
    orders: &Orders,
) -> Result<Vec<PathBuf>, Error> {
    let folder = folder(config)?;
    let mut environment = Environment::new();
    environment.add_template("job.sh", SCRIPT).map_err(|e| Error::internal(e.to_string()))?;
    let template =
        environment.get_template("job.sh").map_err(|e| Error::internal(e.to_string()))?;
    let mut scripts = Vec::new();
    for job in jobs {
        let text = template.render(context! {
            name => &job.name,
            logs => folder.join("logs").display().to_string(),
            logs_quoted => quoted(&folder.join("logs")),
            states_quoted => quoted(&folder.join("tasks")),
            tasks => job.tasks,
            cpus => orders.cpus,
            memory_mb => job.memory_mb,
            time => orders.time.clone().unwrap_or_else(|| job.minutes.to_string()),
            partition => &orders.partition,
            account => &orders.account,
            retries => orders.retries,
            restarts_max => RESTARTS_MAX,
            command => command(job, &config.file, out)?,
        });
        let text = text.map_err(|error| Error::internal(error.to_string()))?;
        let script = folder.join(format!("{}.sh", job.name));
        publish_bytes(&script, format!("{text}\n").as_bytes())?;
        scripts.push(script);
    }
    Ok(scripts)
}

/// Gives the scripts to `sbatch`, each after the one before.
///
/// * `after`: numbers of the jobs that the first one waits for.
///
/// # Errors
/// `sbatch` is not there or refuses a script: [`Error::Unsound`] with its words.
pub fn submit(
    (jobs, scripts): (&[Job], &[PathBuf]),
    after: &[String],
) -> Result<Vec<Submitted>, Error> {
    let mut submitted: Vec<Submitted> = Vec::new();
    let mut before = after.join(":");
    for (job, script) in jobs.iter().zip(scripts) {
        let mut command = Command::new("sbatch");
        command.arg("--parsable");
        if !before.is_empty() {
            command.arg(format!("--dependency=afterok:{before}"));
        }
        let refused = |what: String| Error::Unsound {
            what,
            hint: format!("is this a machine of the cluster? the script is `{}`", script.display()),
        };
        let output = command.arg(script).output();
        let output = output.map_err(|error| refused(format!("`sbatch` cannot be run: {error}")))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(refused(format!("`sbatch` refuses `{}`: {said}", job.name)));
        }
        // `--parsable` prints the number, and the cluster's name after `;` where there are several.
        let said = String::from_utf8_lossy(&output.stdout);
        let id = said.trim().split(';').next().unwrap_or_default().to_owned();
        before.clone_from(&id);
        submitted.push(Submitted { name: job.name.clone(), id });
    }
    Ok(submitted)
}

/// A task that was submitted, as its script says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Task {
    /// Its name: `D011-2021-classify-blocks-12`.
    pub name: String,
    /// `running`, `waiting` (in the queue again), `failed` or `done`.
    pub state: String,
    /// The last lines of its log.
    pub tail: Vec<String>,
}

/// The tasks of an output folder that began and are not done, by name.
///
/// # Errors
/// [`Error::Read`].
pub fn open_tasks(work_dir: &Path) -> Result<Vec<Task>, Error> {
    let mut tasks = Vec::new();
    for path in artefact::children(&work_dir.join(FOLDER).join("tasks"))? {
        // Failures are counted in files of their own.
        if path.extension().is_some() {
            continue;
        }
        let text = fs::read_to_string(&path).map_err(Error::read(&path))?;
        let (state, log) = text.trim_end().split_once('\n').unwrap_or((&text, ""));
        if state == "done" {
            continue;
        }
        // The log may be gone; its task is told all the same.
        let log = fs::read(log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().filter(|line| !line.trim().is_empty()).collect();
        let tail = lines.iter().rev().take(TAIL).rev().map(|&line| line.to_owned()).collect();
        tasks.push(Task { name: name_of(&path), state: state.to_owned(), tail });
    }
    Ok(tasks)
}

/// Scripts, logs and states of the jobs of a run that is complete; nothing when some were written since.
///
/// Their folders stay: a job that is still in the queue writes its log there.
///
/// * `ended`: when the run was complete.
///
/// # Errors
/// [`Error::Read`].
pub fn left_over(out_dir: &Path, ended: SystemTime) -> Result<Vec<PathBuf>, Error> {
    let work_dir = out_dir.join(WORK);
    let start = format!("{}-{}-", name_of(folder_of(out_dir)), name_of(out_dir));
    // What the user put there has other names.
    let ours = |folder: &Path| -> Result<Vec<PathBuf>, Error> {
        let mut files = artefact::children(folder)?;
        files.retain(|path| path.is_file() && name_of(path).starts_with(&start));
        Ok(files)
    };
    let folder = work_dir.join(FOLDER);
    let (mut left, states) = (ours(&folder)?, folder.join("tasks"));
    let open = open_tasks(&work_dir)?.into_iter().map(|task| states.join(task.name));
    for path in left.iter().cloned().chain(open) {
        if modified(&path)? > ended {
            return Ok(Vec::new());
        }
    }
    left.extend(ours(&folder.join("logs"))?);
    left.extend(ours(&states)?);
    Ok(left)
}

/// The folder of the scripts, with those of logs and states.
fn folder(config: &Config) -> Result<PathBuf, Error> {
    let folder = work_dir(config).join(FOLDER);
    for name in ["logs", "tasks"] {
        let path = folder.join(name);
        fs::create_dir_all(&path).map_err(Error::write(&path))?;
    }
    folder.canonicalize().map_err(Error::read(&folder))
}

/// The worker's command line, but for its slice and threads.
fn command(job: &Job, path: &Path, out: Option<&Path>) -> Result<String, Error> {
    let program = std::env::current_exe().map_err(Error::read("millesime"))?;
    let config = path.canonicalize().map_err(Error::read(path))?;
    let out =
        out.map_or(String::new(), |out| format!(" --out {}", quoted(&artefact::place_of(out))));
    let arguments = job.arguments.join(" ");
    Ok(format!("{} work {} {arguments}{out}", quoted(&program), quoted(&config)))
}

/// A path as one word of a shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Cost;
    use crate::stage::Stage;

    fn orders(cpus: usize, array_max: usize, task_minutes: u64) -> Orders {
        let (partition, account, time) = (None, None, None);
        Orders { partition, account, time, cpus, array_max, task_minutes, retries: 0 }
    }

    fn unit(part: Part, step: usize) -> Unit {
        let cost = Cost {
            memory_bytes: 800_000_000,
            memory_per_thread_bytes: 100_000_000,
            core_seconds: 1200,
            ..Cost::default()
        };
        Unit {
            folder: "D011/2021".to_owned(),
            stage: Stage::Classify,
            part,
            n_blocks: 100,
            step,
            reads: Vec::new(),
            writes: Vec::new(),
            cost,
            key: None,
        }
    }

    fn units() -> Vec<Unit> {
        let blocks = (0..100).map(|rank| unit(Part::Block(rank), 1));
        [unit(Part::Prepare, 0)].into_iter().chain(blocks).chain([unit(Part::Seal, 2)]).collect()
    }

    #[test]
    fn a_step_is_a_job_and_the_one_of_blocks_an_array_of_tasks_of_that_time() {
        let jobs = jobs(&units(), &orders(4, 1000, 20));
        let names: Vec<&str> = jobs.iter().map(|job| job.name.as_str()).collect();
        assert_eq!(
            names,
            ["prepare", "blocks", "seal"].map(|part| format!("D011-2021-classify-{part}"))
        );
        // 120,000 core seconds by four cores in tasks of 20 minutes: 25 of them.
        assert_eq!(jobs[1].tasks, Some(25));
        // 20 minutes of one core, or of four with four times as much work, and three times that.
        assert_eq!([jobs[0].minutes, jobs[1].minutes], [60, 60]);
        // One thread, three more, and a quarter.
        assert_eq!(jobs[1].memory_mb, 1375);
        assert_eq!(jobs[0].tasks, None);
    }

    #[test]
    fn an_array_has_no_more_tasks_than_the_cluster_takes_nor_than_blocks() {
        let tasks =
            |array_max, task_minutes| jobs(&units(), &orders(1, array_max, task_minutes))[1].tasks;
        assert_eq!(tasks(7, 20), Some(7));
        assert_eq!(tasks(1000, 0), Some(100));
        assert_eq!(tasks(1000, 1_000_000), Some(1));
    }

    #[test]
    fn a_task_that_failed_is_told_with_the_end_of_its_log_and_a_finished_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("slurm");
        fs::create_dir_all(folder.join("tasks")).unwrap();
        let log = folder.join("a.log");
        fs::write(&log, (0..30).map(|n| format!("line {n}\n\n")).collect::<Vec<_>>().concat())
            .unwrap();
        let state = |name: &str, state: &str| {
            let text = format!("{state}\n{}\n", log.display());
            fs::write(folder.join("tasks").join(name), text).unwrap();
        };
        state("one-1", "done");
        state("one-2", "failed");
        fs::write(folder.join("tasks/one-2.failures"), "7\n").unwrap();
        let tasks = open_tasks(dir.path()).unwrap();
        assert_eq!(tasks.len(), 1);
        assert_eq!((tasks[0].name.as_str(), tasks[0].state.as_str()), ("one-2", "failed"));
        assert_eq!((tasks[0].tail.len(), tasks[0].tail[7].as_str()), (TAIL, "line 29"));
    }

    #[test]
    fn a_path_is_one_word_of_a_shell() {
        assert_eq!(quoted(Path::new("/a b/it's")), r"'/a b/it'\''s'");
    }
}
