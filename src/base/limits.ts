const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

/** Every limit of the program, with its unit and its reason. Nothing else in the source holds a bound. */
export const limits = {
  /** Bytes of one captured log, unless an option says otherwise: an emptyDir is the node's disk, shared with others. */
  logBytes: 1 * GiB,
  /** Bytes of one read from the job's pipe: what stays in a processor's cache between the reading and the two writings. */
  pumpBytes: 256 * KiB,
  /** Bytes of one piece below which the next is not read before it is written. */
  gatherBytes: 128 * KiB,
  /** Bytes of one piece from which a job counts as one of much output: what a usual pipe holds. */
  muchOutputBytes: 64 * KiB,
  /** Bytes asked of the kernel for the job's pipes (pipe(7): `/proc/sys/fs/pipe-max-size`). */
  pipeBytes: 1 * MiB,
  /** Room that a library of ours is unpacked into, bytes: in one piece, which is faster. */
  libraryBytes: 4 * MiB,
  /** Bytes taken at once of what a person types or pastes. */
  keyBytes: 4 * KiB,
  /** Bytes of what was typed before we took the terminal: as much as the kernel keeps of it (N_TTY_BUF_SIZE). */
  typedAheadBytes: 4 * KiB,
  /** How often it is asked whether a program that was started in the background is in the foreground now, in ms. */
  foregroundMs: 200,
  /** How long, after the job's end, a pipe that somebody still holds must be silent to count as drained, in ms. */
  drainQuietMs: 100,
  /** How long such a pipe is read at the most, in ms: a leftover that prints for ever must not hold the seal. */
  drainMs: 2_000,
  /** How often a standard output that is full and does not block is tried, in ms. */
  printAgainMs: 10,
  /** How long a run that was asked to end waits for a reader of its output that has stalled, in ms. */
  stalledReaderMs: 2_000,
  /** Sentences of ours that wait for a standard error that is not read; more are dropped. */
  pendingLogMessages: 100,
  /** How long the end of the process waits for such a standard error to take them: so many steps of so many ms. */
  flushSteps: 10,
  flushStepMs: 50,
  /** How long after its start a job is left alone by all that could come later, in ms. */
  settleMs: 5,
  /** Bytes kept free for the result on a volume that the job fills, as far as they are there. */
  sealReserveBytes: 64 * KiB,
  /** Bytes that must be had for it before the job starts: a page of memory, or block of a disk. */
  smallSealReserveBytes: 4 * KiB,
  /** Characters of its message where there is no more room: six bytes each at the most, as JSON. */
  shortMessageCharacters: 400,
  /** Times that room is kept for what a rename itself takes on a full disk: for the job's end, the result and the seal. */
  spareRooms: 3,
  /** Bytes of each: a directory's block is split into two, and their index may be, too. */
  spareBytes: 32 * KiB,
  /** Bytes of each in the trees of btrfs, which reserves 2.75 MiB before it renames (11 items, 8 levels, 16 KiB, twice). */
  spareTreeBytes: 4 * MiB,
  /** Bytes of one attribute there: one fills a node of 16 KiB. */
  spareAttributeBytes: 16_000,
  /** Bytes of `ended`: some 200, a page or block. */
  endedBytes: 4 * KiB,
  /** A stop that comes both ways, from the engine and as a request, within this time is one stop, in ms. */
  sameStopMs: 1_000,
  /** What is kept of the grace for the seal, in ms, where saving goes on after a stop, */
  savingReserveMs: 2_000,
  /** and this part of the grace at the most. */
  savingReserveShare: 0.25,
  /** How long saving that has not begun when a stop comes may take, in ms: small outputs are saved in it. */
  lateSavingMs: 1_000,
  /** How long saving goes on without looking at signals and timers, in ms. */
  savingTurnMs: 20,
  /** How often is told how far saving is, and from when on, in ms. */
  savingTellMs: 1_000,
  /** Steps of a timer that counts only the time in which we run: this part of it, */
  timerStepShare: 0.1,
  /** this at the least, in ms, */
  timerLeastStepMs: 50,
  /** and this at the most, in ms: a process that wakes up once a second costs nothing. */
  timerLastStepMs: 1_000,
  /** A step that is late by more than this, in ms, was not run: a busy machine is late by less. */
  standstillMs: 1_000,
  /** How wrong the kernel's counts of memory may be, bytes: each processor holds back some of its own. */
  peakErrorBytes: 2 * MiB,
  /** How long a leftover of a finished job has between TERM and KILL, in ms. */
  leftoverGraceMs: 2_000,
  /** How often KILL is repeated for leftovers that fork while they are killed, in ms. */
  leftoverKillMs: 100,
  /** How long it is repeated at the most, in ms: some processes are not ours to kill. */
  leftoverLastMs: 10_000,
  /** Seconds between the stop signal and KILL, unless an option says otherwise (Kubernetes' own default). */
  graceSeconds: 30,
  /** The longest time that can be asked for, in seconds: 31 years, so that a sum of times is a date. */
  longestSeconds: 1_000_000_000,
  /** How long a pipe that was passed to us in the place of a file may take to come to its end, in ms. */
  passedPipeMs: 60_000,
  /** Bytes of the template: a pod's whole specification is bounded by etcd's 1.5 MiB. */
  templateBytes: 2 * MiB,
  /** Containers of one job: a pod with more than some hundred is a mistake, and each is watched. */
  containers: 1_000,
  /** Bytes of the file with additional arguments: the kernel takes no more in one execve(2). */
  argumentsFileBytes: 4 * MiB,
  /** Bytes of a file with variables: a Secret of Kubernetes holds 1 MiB. */
  variablesFileBytes: 2 * MiB,
  /** Bytes of a signal request: a name or a number. */
  signalRequestBytes: 32,
  /** How long a signal request that is still empty is left to whoever is writing it, on a busy machine too, in ms. */
  emptyRequestMs: 2_000,
  /** Bytes of `exitcode`: three digits; the rest is room for white space. */
  exitCodeBytes: 16,
  /** Bytes of a `result.json` that a reader accepts. */
  resultBytes: 16 * MiB,
  /** Values in it, about: more than fit into such a file with real names and hashes, and few enough for the memory. */
  resultValues: 800_000,
  /** Bytes of a record of the spool: the report holds the results of all containers, of which one has the outputs. */
  reportBytes: 20 * MiB,
  /** Values in it, about. */
  reportValues: 1_000_000,
  /** Bytes of a `started` record that a reader accepts. */
  startedBytes: 4 * KiB,
  /** Characters of a secret below which it is not masked: it would blot out ordinary words. */
  maskedValueLength: 6,
  /** Bytes of a secret that is masked in its encoded forms too; keys have 4 KiB at the most, and a form is held back whole. */
  encodedSecretBytes: 8 * KiB,
  /** Bytes of all such forms together: each secret has some ten times its own, which stay in memory. */
  encodedSecretsBytes: 8 * MiB,
  /** Bytes that macros may make of one text of a definition: eight times what the kernel takes (MAX_ARG_STRLEN, execve(2)). */
  expandedBytes: 1 * MiB,
  /** Bytes of files that `manifest` takes along: a Secret holds 1 MiB, in which they stand in base64 twice. */
  secretFileBytes: 512 * KiB,
  /** URLs of one variable's value that a password is looked for in. */
  valueUrls: 1_000,
  /** Characters of such a URL up to the end of its parameters. */
  urlCharacters: 4_096,
  /** Characters of a URL's scheme; real ones are far shorter. */
  schemeCharacters: 64,
  /** Where the kernel has no events to give, or too many, a directory is looked at this often, in ms. */
  watchPollMs: 50,
  /** The pause between two such looks is this many times as long as they take: they get a twentieth of a core. */
  pollShare: 20,
  /** Events of all watched directories in one window; a job of much output makes some thousands, which take 30 ms. */
  watchEvents: 10_000,
  /** The window of that budget, in ms. */
  watchWindowMs: 1_000,
  /** How long a directory is polled before events are tried again, in ms. */
  watchAgainMs: 1_000,
  /** Bytes taken at once of what a job writes into `alive`: what a FIFO holds. */
  livenessBytes: 64 * KiB,
  /** How long changes of one file are gathered into one, in ms: a look costs more than most changes. */
  coalesceMs: 2,
  /** Bytes of one stored output line: MultiFlexi's `line` is a MariaDB TEXT. */
  lineBytes: 65_535,
  /** Bytes of a timeline: some three million pieces of output; a piece can be one byte, and its line 20 times that. */
  timelineBytes: 64 * MiB,
  /** Bytes of one line of a timeline: a time, a digit and a count, 15 digits each at the most. */
  timelineLineBytes: 64,
  /** Bytes of output after which a journal entry is due, however few lines they are. */
  checkpointBytes: 16 * MiB,
  /** How long a look at all containers' output may take to be repeated whenever something happens, ms. */
  shortScanMs: 25,
  /** How many times as long as a longer one nothing is looked at: it takes a quarter of a processor at the most. */
  scanShare: 4,
  /** Containers whose files are open at the same time; each has three. */
  openContainers: 256,
  /** Bytes of one read of a timeline: some 3,000 pieces of output. */
  timelineReadBytes: 64 * KiB,
  /** Bytes of one read of a small file: most take one, and none takes the memory of its limit. */
  smallReadBytes: 64 * KiB,
  /** Bytes of one read of a captured stream: large enough to make the calls cheap, small beside the memory budget. */
  streamReadBytes: 256 * KiB,
  /** Characters of an artifact's file name: MultiFlexi's `filename` is a VARCHAR(255). */
  filenameCharacters: 255,
  /** Lines of a job's output that have a row of their own, however fast they come: what a person reads. */
  ownRows: 1_000,
  /** One slot of the output's time, ms: within one, lines are packed together; with the slack, less than a second. */
  slotMs: 400,
  /** How long after the end of a slot its last piece may take to show on the volume, ms. */
  slotSlackMs: 200,
  /** Rows of a job from which on packs are as large as can be: MultiFlexi's readers end at some 120,000 rows. */
  liveRows: 40_000,
  /** Slots that such a pack may take: ten seconds. */
  longSlots: 25,
  /** Rows of a job's output unless a variable says otherwise: what MultiFlexi's readers can read; 7 GB of full rows. */
  jobRows: 120_000,
  /** Numbers of output rows that are counted on: half of what the column (an INT UNSIGNED) holds. */
  rowNumbers: 2 ** 31,
  /** Lines of one database transaction: what MariaDB takes at its best speed. */
  batchLines: 1_000,
  /**
   * Bytes of output of one transaction. What is larger outlives the young generation of a sidecar's heap, and fills the
   * old one with garbage: 1 MiB took 200 MiB of memory, this takes 60. (The smallest usual max_allowed_packet is 16 MiB.)
   */
  batchBytes: 256 * KiB,
  /** Bytes of output that are cut into lines at once: at worst as many lines of one newline each. */
  takeBytes: 16 * KiB,
  /** A journal entry is written at least every so many lines: what a new sidecar reads again at the most. */
  checkpointLines: 10_000,
  /** Bytes of the journal that a new sidecar reads: some 100,000 changes of turn between containers, in 60 MB of memory. */
  journalBytes: 32 * MiB,
  /** Names that are listed of one directory of the volume: a job may make any number of them. */
  listedNames: 1_000,
  /** How long a lock of the spool is waited for whose holder cannot be seen, in ms: a sidecar that ends is quicker. */
  strangeLockMs: 2_000,
  /** Spools of others that are set aside in one place; a person looks at them sooner. */
  spoolsAside: 100,
  /** Bytes of one file of /proc that tells of a process or of all locks. */
  procBytes: 1 * MiB,
  /** How many times that room must be free: a small volume is left to the job and its wrapper. */
  spoolReserveShare: 4,
  /** Characters that one of our sentences takes of somebody else's name or sentence: few paths are longer. */
  namedCharacters: 300,
  /** Sentences of one kind that are told one by one: a person reads no more, and a job may cause any number. */
  listedSentences: 20,
  /** Bytes of each file kept free for the budget, the stop, two requests for it, and the report. */
  spoolReserveBytes: [4 * KiB, 4 * KiB, 4 * KiB, 4 * KiB, 64 * KiB],
  /** Bytes of the end of a progress file that are read: `N/M` and a line before it. */
  progressTailBytes: 128,
  /** How long a wrapper that seems dead and left no seal is given to show one, in ms. */
  lostConfirmMs: 250,
  /** How long something else in the place of a seal is left to a wrapper that is about to begin, in ms. */
  garbageMs: 4_000,
  /** How long a seal beside a wrapper that lives is not believed, in ms: longer than one takes to end its leftovers. */
  sealBesideMs: 15_000,
  /** Files that a sidecar must be able to open: with fewer it could not even see how the job ended. */
  leastFiles: 7,
  /** How long a seal that cannot be read is tried again before the other records are asked, in ms. */
  unreadableMs: 60_000,
  /** How long a wrapper whose `alive` has ended has to take a request away before it counts as gone, in ms. */
  answerSoonMs: 60,
  /** How long a wrapper that has no `alive` has to take a request away before it counts as gone, in ms. */
  answerMs: 10_000,
  /** How often a container whose record is a guess is looked at again while the job is delivered, in ms. */
  lateSealMs: 500,
  /** Everything is looked at again after this time, in ms: the kernel drops events when its queue is full. */
  lookAgainMs: 5_000,
  /** How long output is gathered before it is sent, in ms: many small writes become one transaction. */
  gatherOutputMs: 50,
  /** How long delivery is tried after the job's end unless a variable says otherwise, in seconds. */
  reportSeconds: 60,
  /** How long a pod may take from its scheduling to the job's start, images included, in seconds. */
  podStartSeconds: 300,
  /** How long a wrapper may save after its job's time was over, in ms: some gigabytes of artifacts. */
  saveMs: 120_000,
  /** How often KILL is asked for again while a container runs on, in ms. */
  killAgainMs: 250,
  /** How long a wrapper may take to seal after its job was killed, or its saving was stopped, in ms. */
  gatherMs: 10_000,
  /** What is kept of a deadline for the report at the most, in ms. */
  reportReserveMs: 15_000,
  /** A deadline that is nearer than this, or over, is taken to be this far away, in ms: a job ends in order or not at all. */
  leastBudgetMs: 3_000,
  /** How long a container that was never seen is waited for when the job is stopped, in ms. */
  neverStartedMs: 2_000,
  /** The first pause before something is tried again, in ms; it doubles each time. */
  retryFirstMs: 200,
  /** The shortest such pause, in ms, when the time is nearly over. */
  retryLeastMs: 50,
  /** The longest such pause, in ms: a server that comes back is noticed soon. */
  retryLastMs: 5_000,
  /**
   * How long MariaDB waits for a lock that another program holds, in seconds: its own day would outlast what a stop
   * leaves for the report, and what a killed sidecar was about would hold up the next one.
   */
  mariadbLockSeconds: 1,
  /** How long SQLite waits for the lock that another program holds, in ms; nothing else happens meanwhile. */
  sqliteBusyMs: 1_000,
  /** How long metrics may take to be sent unless OpenTelemetry's own variable says otherwise, in ms. */
  telemetryMs: 10_000,
  /** The part of the report's time that a REST server has: the database needs the rest, to take the row in its place. */
  rowFirstShare: 0.75,
  /** What is kept of the report's time for the job's end, where the output takes all the rest of it, in ms. */
  lastThingsMs: 5_000,
  /** How long sinks that may fail are given after the job's end, in ms. */
  bestEffortMs: 15_000,
  /** Bytes of the smallest step of a copy: a page, which is what a file of /sys has at the most. */
  pageBytes: 4 * KiB,
  /** Bytes of one step of a copy. */
  copyBytes: 1 * MiB,
  /** Bytes of a server's answer that are read: a row takes less than one KiB. */
  answerBytes: 1 * MiB,
  /** Bytes that a database server may say before the password is accepted: a greeting and a few questions. */
  handshakeBytes: 64 * KiB,
  /** Bytes of a database's answer to one statement: the marks of a thousand artifacts take 1 MiB at the most. */
  databaseAnswerBytes: 2 * MiB,
  /** The earliest time that a job can have had, ms since 1970: 2001; a record that tells an earlier one is broken. */
  earliestMs: 978_307_200_000,
  /** How far the clock of a REST server may be from ours, in ms: one that is further away tells no time. */
  clockDifferenceMs: 24 * 3_600_000,
  /** Rows that are asked for at once. */
  answerRows: 1_000,
  /** How long a connection may take to be closed in good order, in ms. */
  closeMs: 1_000,
  /** How long a connection to a database may take to be made, in ms. */
  connectMs: 5_000,
  /** Bytes of a Zabbix server's answer: a sentence in JSON, of a hundred. */
  zabbixAnswerBytes: 4 * KiB,
  /** How long a proxy may take to connect to a server, in ms. */
  proxyMs: 10_000,
  /** How long one exchange with a server may take, in ms. */
  exchangeMs: 20_000,
  /** Bytes of one artifact that goes into a database row: the server holds it in memory, several times. */
  artifactBytes: 64 * MiB,
  /** Bytes of an artifact in SQLite, whose library holds it in our own memory three times. */
  sqliteArtifactBytes: 32 * MiB,
  /** Bytes of an artifact that is stored before the job's end: larger ones may take too long, or be too much. */
  smallArtifactBytes: 1 * MiB,
  /** Bytes of it that are read at once: a multiple of three, for base64. */
  artifactPieceBytes: 768 * KiB,
  /** Characters of an artifact's note: MultiFlexi's `note` is a VARCHAR(255). */
  noteCharacters: 255,
  /** Bytes of an output parameter: it is a value, not a file; Argo's own bound is the same. */
  parameterBytes: 256 * KiB,
  /** Bytes of one input, fetched or unpacked: more is a mistake or an attack, and the node's disk is shared. */
  inputBytes: 16 * GiB,
  /** Entries of one input's archive: each takes an inode of the node's disk. */
  inputEntries: 1_000_000,
  /** Directories above one entry of an archive: nobody nests deeper, and cleaning up deeper trees is slow. */
  inputDepth: 128,
  /** How many times its packed size an archive may become: deflate itself ends at 1,032. */
  inputRatio: 200,
  /** Bytes unpacked below which the ratio does not count: small archives of empty files have any. */
  inputRatioFreeBytes: 64 * MiB,
  /** Bytes at the end of a ZIP file in which its last record is looked for: its comment has 64 KiB at the most, what is behind it as many. */
  zipTailBytes: 128 * KiB,
  /** Bytes of a tar of nothing, which is zeros alone: tar(1) fills up its record, of the longest that it takes. */
  emptyTarBytes: 1 * MiB,
  /** Bytes of a link's text (PATH_MAX, limits.h). */
  linkBytes: 4096,
  /** How often an input is asked for over HTTP before it counts as not to be had. */
  fetchAttempts: 3,
  /** The pause before the second attempt, in ms; it doubles. */
  fetchPauseMs: 500,
  /** How long an HTTP server may be silent, in ms. */
  fetchSilenceMs: 60_000,
  /** Bytes that must have come in each such time, but for the last one: a server that drips would hold the pod for ever. */
  fetchLeastBytes: 64 * KiB,
  /** How long getting one input over HTTP may take, with all attempts, in ms: 16 GiB at 0.8 MB/s. */
  fetchMs: 6 * 3_600_000,
  /** Bytes that one thread compresses at once into gzip or zip: fits a core's cache, and pigz's 128 KiB twice. */
  deflateBlockBytes: 256 * KiB,
  /** Bytes of one file of /proc or /sys, read as a whole since its size is not told: kallsyms, the longest, has 10 MB. */
  kernelFileBytes: 16 * MiB,
  /** Paths that a pattern is followed to: one with many stars and links to directories has no end. */
  globPlaces: 1_000_000,
  /** Bytes of a hole that are passed over at once: so often is counted how far saving is. */
  holeBytes: 64 * MiB,
  /** Bytes of one zstd frame: large enough to lose nothing against one frame for all, small enough for many threads. */
  zstdFrameBytes: 4 * MiB,
  /** Threads that compress: those of libuv's pool (see start-program.ts), less what stalled readers may hold. */
  packThreads: 4,
  /** Compressors of gzip and zip that take turns: two for each of the threads, on any machine, for the same bytes. */
  deflateLanes: 8,
  /** Bytes of a ZIP file's directory that are compressed together while they wait: the longest record takes a fraction. */
  directoryPageBytes: 256 * KiB,
  /** Files named one by one in `skipped`; what is beyond is counted. Keeps `result.json` below its own limit. */
  skippedFiles: 5_000,
  /** The coarsest step of the clock that stamps files, in ms: a kernel with 100 ticks a second. */
  clockStepMs: 10,
  /** How long all of a template's patterns may take to look at all names, in ms: a pattern can be exponential. */
  patternMs: 2_000,
  /** How long one of them may take at the least, in ms, however many there are. */
  leastPatternMs: 50,
  /** Files that the patterns of a template may find in all: a pattern that fits everything is a mistake. */
  patternFiles: 1_000,
  /** Two signals to the launcher that are so close, in ms, are one: npm forwards what the terminal has sent already. */
  samePressMs: 400,
  /** How long the reporter of a native job has to find that the wrapper died without a seal, in ms. */
  unsealedMs: 10_000,
  /** How often the launcher draws its bar again, in ms, */
  drawMs: 100,
  /** and how often it reports the progress where there is no terminal, in ms. */
  progressMs: 5_000,
} as const;
