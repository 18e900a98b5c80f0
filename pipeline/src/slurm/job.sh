#!/bin/bash
# {{ name }}: written by `millesime submit`; may be read, changed and given to sbatch by hand.
#SBATCH --job-name={{ name }}
#SBATCH --output="{{ logs }}/{{ name }}-{% if tasks %}%A_%a{% else %}%j{% endif %}.log"
#SBATCH --open-mode=append
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task={{ cpus }}
#SBATCH --mem={{ memory_mb }}M
#SBATCH --time={{ time }}
#SBATCH --requeue
#SBATCH --signal=B:TERM@120
#SBATCH --kill-on-invalid-dep=yes
{%- if tasks %}
#SBATCH --array=1-{{ tasks }}
{%- endif %}
{%- if partition %}
#SBATCH --partition={{ partition }}
{%- endif %}
{%- if account %}
#SBATCH --account={{ account }}
{%- endif %}
set -u

task={{ name }}${SLURM_ARRAY_TASK_ID:+-$SLURM_ARRAY_TASK_ID}
log={{ logs_quoted }}/{{ name }}-${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}${SLURM_ARRAY_TASK_ID:+_$SLURM_ARRAY_TASK_ID}.log
state={{ states_quoted }}/$task
say() { echo "millesime: $*"; }
# One line a state, for `millesime status`; the number of failures is kept in a file of its own.
mark() { printf '%s\n%s\n' "$1" "$log" >"$state.tmp.$$" && mv "$state.tmp.$$" "$state"; }

mark running
say "$task on $(hostname), restart ${SLURM_RESTART_COUNT:-0}"
{{ command }}{% if tasks %} --slice "$SLURM_ARRAY_TASK_ID/{{ tasks }}"{% endif %} --threads {{ cpus }} &
worker=$!
stopped=0
# Preemption, the end of the time or scancel: the worker keeps the blocks that are complete.
trap 'stopped=1; kill -TERM "$worker" 2>/dev/null' TERM
wait "$worker"
code=$?
# A signal ends a wait, not the worker.
while kill -0 "$worker" 2>/dev/null; do
  wait "$worker"
  code=$?
done

if ((code == 0)); then
  mark done
  rm -f "$state.failures"
  exit 0
fi
failures=$(wc -l <"$state.failures" 2>/dev/null || echo 0)
if ((stopped)); then
  # Slurm's doing, and no failure: it may have been put in the queue again already.
  ((${SLURM_RESTART_COUNT:-0} < {{ restarts_max }})) && again=1 || again=0
else
  echo "$code" >>"$state.failures"
  # 2, 3 and 5: the command, the configuration or a law; the same again would end the same.
  ((failures < {{ retries }} && code != 2 && code != 3 && code != 5)) && again=1 || again=0
fi
if ((again)); then
  mark waiting
  say "$task ended with $code, put in the queue again"
  # Slurm kills this script as it takes the job back.
  scontrol requeue "$SLURM_JOB_ID" && sleep 300
fi
mark failed
say "$task failed with $code"
exit "$code"
