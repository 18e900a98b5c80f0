#!/usr/bin/env bash
# A batch of two departments on a real Slurm of two nodes, started here: one node is drained and one
# worker killed on the way; the deliverables must be, byte for byte, those of one machine.
# MILLESIME names the program (default: the release build). Needs root; installs slurm-wlm and munge.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

millesime=$(realpath "${MILLESIME:-target/release/millesime}")
packages=()
command -v slurmctld >/dev/null || packages+=(slurm-wlm)
command -v munged >/dev/null || packages+=(munge)
command -v ogr2ogr >/dev/null || packages+=(gdal-bin)
if ((${#packages[@]})); then
  if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
    echo "SKIPPED: Slurm. Install it with: apt-get install ${packages[*]}" >&2
    exit 0
  fi
  .ci/install.sh "${packages[@]}"
fi
if ((EUID != 0)); then
  echo "SKIPPED: Slurm. Its daemons are started by root" >&2
  exit 0
fi

work=$(mktemp -d)
pids=()
fail() {
  echo "error: $*" >&2
  squeue --all >&2 || true
  tail -n 20 "$work"/slurm/*.log "$work"/out/*/*/.work/slurm/logs/*.log >&2 2>/dev/null || true
  exit 1
}
finish() {
  local code=$?
  # Jobs first, then the daemons that this script started; never those of another cluster.
  if [[ ${SLURM_CONF:-} == "$work"/* ]]; then
    scancel --user=root >/dev/null 2>&1 || true
    sleep 1
  fi
  kill "${pids[@]}" 2>/dev/null || true
  local since=$SECONDS
  while kill -0 "${pids[@]}" 2>/dev/null && ((SECONDS - since < 15)); do sleep 0.2; done
  for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  if ((code)); then echo "left for a look: $work" >&2; else rm -rf "$work"; fi
}
trap finish EXIT

# Polls until a command succeeds; its last argument says what is awaited.
await() {
  local seconds=$1 what=${*: -1} since=$SECONDS
  until "${@:2:$#-2}"; do
    ((SECONDS - since < seconds)) || fail "no $what after $seconds s"
    sleep 0.05
  done
}

# --- the cluster -------------------------------------------------------------------------------
slurm=$work/slurm
mkdir -p "$slurm"/{state,spool1,spool2,munge}
chmod 755 "$work" "$slurm"
head -c 128 /dev/urandom >"$slurm/munge/key"
chown -R munge:munge "$slurm/munge"
chmod 700 "$slurm/munge"
chmod 400 "$slurm/munge/key"
socket=$slurm/munge/socket
# The socket's folder must be open to those who ask.
chmod 711 "$slurm/munge"
host=$(hostname)
cpus=2
cat >"$slurm/slurm.conf" <<CONF
ClusterName=millesime
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$socket,cred_expire=5
StateSaveLocation=$slurm/state
SlurmdSpoolDir=$slurm/spool%n
SlurmctldPidFile=$slurm/slurmctld.pid
SlurmdPidFile=$slurm/slurmd-%n.pid
SlurmctldLogFile=$slurm/slurmctld.log
SlurmdLogFile=$slurm/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_interval=1
JobRequeue=1
ReturnToService=2
SlurmdParameters=config_overrides
SlurmdTimeout=60
MinJobAge=3600
PropagateResourceLimits=NONE
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=16818 CPUs=$cpus RealMemory=4000 State=UNKNOWN
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=16819 CPUs=$cpus RealMemory=4000 State=UNKNOWN
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$slurm/slurm.conf
munged --foreground --force --key-file="$slurm/munge/key" --socket="$socket" \
  --pid-file="$slurm/munge/pid" --log-file="$slurm/munge/log" --seed-file="$slurm/munge/seed" \
  >"$slurm/munged.log" 2>&1 &
pids+=($!)
await 20 test -S "$socket" "socket of munged"
slurmctld -D -f "$SLURM_CONF" >"$slurm/slurmctld.out.log" 2>&1 &
pids+=($!)
for node in n1 n2; do
  slurmd -D -N "$node" -f "$SLURM_CONF" >"$slurm/slurmd-$node.out.log" 2>&1 &
  pids+=($!)
done
are_idle() { [[ $(sinfo --noheader --format=%T --Node 2>/dev/null | sort -u) == idle ]]; }
await 60 are_idle "two idle nodes"
echo "Slurm $(slurmd -V | cut -d' ' -f2): $(sinfo --noheader --Node --format='%N %T' | tr '\n' ' ')"

# --- two departments of three blocks: a small commune lies far east of the others ----------------
sample() {
  "$millesime" sample --department "$1" --seed "$2" --size-m 600 --cell-m 5 --out "$work/$1" 2>/dev/null
  local layer=$work/$1/territories/communes.gpkg extent x y
  extent=$(ogrinfo -so "$layer" communes | sed -n 's/^Extent: (\([0-9]*\)[^,]*, \([0-9]*\).*/\1 \2/p')
  read -r x y <<<"$extent"
  x=$((x + 2 * 2048 * 5 + 500))
  local ring="[[$x,$y],[$((x + 20)),$y],[$((x + 20)),$((y + 20))],[$x,$((y + 20))],[$x,$y]]"
  local named='"nom":"Loin","epci":"900000009","epci_nom":"Loin","scot":"S","scot_nom":"S"'
  printf '{"type":"Feature","properties":{"insee":"%s999",%s},"geometry":{"type":"Polygon",%s%s}}' \
    "$1" "$named" '"coordinates":' "[$ring]" >"$work/far.json"
  ogr2ogr -append -nlt MULTIPOLYGON -nln communes -a_srs EPSG:2154 "$layer" "$work/far.json"
}
sample 11 3
sample 30 4
configs=("$work/11/config.yaml" "$work/30/config.yaml")
for config in "${configs[@]}"; do "$millesime" run "$config" --out "$work/one" 2>/dev/null; done

# --- the same on the cluster ---------------------------------------------------------------------
since=$SECONDS
"$millesime" submit "${configs[@]}" --out "$work/out" --cpus 1 --task-minutes 0 >"$work/jobs"
n_jobs=$(wc -l <"$work/jobs")

# A worker of a classification is killed as it works, then a node takes no more jobs.
strike() {
  local pid
  pid=$(pgrep --newest --full "^$millesime work $work/.*--stage classify .*--slice") &&
    kill -KILL "$pid" 2>/dev/null
}
await 600 strike "worker of a classification"
was_killed() { grep -qsr 'ended with 137, put in the queue again' "$work"/out/*/*/.work/slurm/logs; }
await 60 was_killed "task put in the queue again"
# Slurm takes a running task back, as it does for a job that goes before.
preempt() {
  local id
  id=$(squeue --noheader --states=RUNNING --format=%A | head -1) && [[ $id ]] &&
    scontrol requeue "$id" 2>/dev/null
}
await 60 preempt "running task to take back"
scontrol update NodeName=n2 State=DRAIN Reason=test
on_n2=$(squeue --noheader --nodelist=n2 | wc -l)
is_over() { (($(squeue --noheader | wc -l) == 0)); }
await 900 is_over "end of the jobs"
took=$((SECONDS - since))

states=$(scontrol --oneliner show job | sed 's/.*JobState=\([A-Z]*\).*/\1/' | sort | uniq -c | xargs)
[[ $(scontrol --oneliner show job | grep -vc 'JobState=COMPLETED') == 0 ]] || fail "jobs ended as: $states"
diff --recursive --exclude=.work --exclude=run.json --exclude=run.html "$work/one" "$work/out" >"$work/diff" ||
  fail "the deliverables differ: $(head -5 "$work/diff")"
n_files=$(find "$work/out" -type f -not -path '*/.work/*' -not -name 'run.*' | wc -l)
[[ -z $(find "$work/out" -path '*/.work/partial*') ]] || fail "blocks under way were left"
restarts=$(scontrol --oneliner show job | grep -c 'Restarts=[1-9]')
echo "2 departments, $n_jobs jobs, tasks: $states; 1 worker killed, 1 task taken back by Slurm:" \
  "$restarts tasks done twice; n2 drained with $on_n2 running; $took s;" \
  "$n_files deliverables, the bytes of one machine's run"

# --- a task that keeps failing is reported with its log -------------------------------------------
scontrol update NodeName=n2 State=RESUME
sample 34 5
tile=$(find "$work/34/imagery/irc" -name '*.tif' -size +1k | sort | head -1)
# Its header stays: the plan does not see it.
dd if=/dev/zero of="$tile" bs=1 seek=$(($(stat --format=%s "$tile") / 2)) count=400 conv=notrunc status=none
"$millesime" submit "$work/34/config.yaml" --out "$work/out" --cpus 1 --retries 1 >/dev/null
await 300 is_over "end of the jobs of a damaged tile"
"$millesime" status "$work/34/config.yaml" --out "$work/out" >"$work/status" || fail "no status"
grep -q '^task  *failed  *D034-2021-ingest' "$work/status" && grep -q "$(basename "$tile")" "$work/status" ||
  fail "status does not tell: $(cat "$work/status")"
grep -qsr 'ended with 4, put in the queue again' "$work/out/D034" || fail "it was not tried again"
[[ ! -e $work/out/D034/2021/manifest.json ]] || fail "a result was delivered all the same"
echo "a damaged tile: tried twice, the jobs after it cancelled, told by status:"
grep -A 9 '^task' "$work/status" | sed 's/^/  /'
