const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

/** Every limit of the program, with its unit and its reason. No other source file defines a bound. */
export const limits = {
  /** Bytes of one captured log, unless an option overrides it: an emptyDir uses the node's disk, which others share. */
  logBytes: 1 * GiB,
  /** Bytes of one read from the job's pipe: they stay in the CPU cache between the read and the two writes. */
  pumpBytes: 256 * KiB,
  /** After a read of fewer bytes than this, the next read waits until they are written. */
  gatherBytes: 128 * KiB,
  /** Bytes of one read at which a job counts as writing a lot: the capacity of a default pipe. */
  highOutputBytes: 64 * KiB,
  /** Bytes requested from the kernel for the job's pipes (pipe(7): `/proc/sys/fs/pipe-max-size`). */
  pipeBytes: 1 * MiB,
  /** Buffer for unpacking a library, in bytes: unpacking it in one piece is faster. */
  libraryBytes: 4 * MiB,
  /** Bytes of terminal input, typed or pasted, that are read at once. */
  keyBytes: 4 * KiB,
  /** Bytes of input typed before we took over the terminal: as much as the kernel buffers (N_TTY_BUF_SIZE). */
  typedAheadBytes: 4 * KiB,
  /** How often a program that was started in the background checks whether it is in the foreground, in ms. */
  foregroundMs: 200,
  /**
   * After the job's exit, a pipe that some process still holds counts as drained once it is silent this long, in ms.
   */
  drainQuietMs: 100,
  /** How long such a pipe is read at most, in ms: a leftover process that prints forever must not delay the seal. */
  drainMs: 2_000,
  /** Interval between writes to a standard output that is full and non-blocking, in ms. */
  writeRetryMs: 10,
  /** How long a run that was stopped waits for a stalled reader of its output, in ms. */
  stalledReaderMs: 2_000,
  /** Log messages that wait for a standard error that is not read; further ones are dropped. */
  pendingLogMessages: 100,
  /** How long the process waits at its exit for such a standard error: this many steps of `flushStepMs`. */
  flushSteps: 10,
  flushStepMs: 50,
  /** How long after the job's start everything that can wait is postponed, in ms. */
  settleMs: 5,
  /** Bytes reserved for the result on a volume that the job may fill, as far as they are available. */
  sealReserveBytes: 64 * KiB,
  /** Bytes that must be available for it before the job starts: a memory page, or a disk block. */
  smallSealReserveBytes: 4 * KiB,
  /** Characters of its message when space is short: at most six bytes each, as JSON. */
  shortMessageCharacters: 400,
  /** Reserves for what a rename itself takes on a full disk: one each for the job's end, the result and the seal. */
  spareFiles: 3,
  /** Bytes of each reserve: a directory block splits into two, and so may its index. */
  spareBytes: 32 * KiB,
  /** Bytes of each reserve on btrfs, which reserves 2.75 MiB before a rename (11 items, 8 levels, 16 KiB, twice). */
  spareTreeBytes: 4 * MiB,
  /** Bytes of one attribute on btrfs: one fills a node of 16 KiB. */
  spareAttributeBytes: 16_000,
  /** Bytes of `ended`: some 200, rounded up to a page or block. */
  endedBytes: 4 * KiB,
  /** A stop that arrives both from the engine and as a request within this time counts as one, in ms. */
  sameStopMs: 1_000,
  /** Bytes of a termination message: Kubernetes reads no more of one container. */
  terminationLogBytes: 4 * KiB,
  /** Bytes of our own sentence in it: the job's last lines matter more. */
  terminationSentenceBytes: 1 * KiB,
  /** Bytes of a job's printed result, in its record: as many as Argo keeps. */
  printedResultBytes: 256 * KiB,
  /** What is reserved for the seal out of the grace period, when saving continues after a stop, in ms, */
  savingReserveMs: 2_000,
  /** and at most this share of the grace period. */
  savingReserveShare: 0.25,
  /** How long saving may take if it had not begun when a stop arrived, in ms: enough for small outputs. */
  lateSavingMs: 1_000,
  /** How long saving runs before it yields to signals and timers, in ms. */
  savingTurnMs: 20,
  /** How long saving must take before its progress is reported, and how often it is, in ms. */
  savingReportMs: 1_000,
  /** A timer that counts only running time wakes up after this share of its time, */
  timerStepShare: 0.1,
  /** at least after this time, in ms, */
  timerMinStepMs: 50,
  /** and at most after this time, in ms: a process that wakes up once a second costs nothing. */
  timerMaxStepMs: 1_000,
  /** A step that is later than this, in ms, means that the process was stopped: a busy machine is less late. */
  standstillMs: 1_000,
  /** Error of the kernel's memory counters, in bytes: each CPU keeps a part of its count to itself. */
  peakErrorBytes: 2 * MiB,
  /** How long a leftover process of a finished job has between TERM and KILL, in ms. */
  leftoverGraceMs: 2_000,
  /** How often KILL is repeated for leftover processes that fork while they are being killed, in ms. */
  leftoverKillMs: 100,
  /** How long KILL is repeated at most, in ms: we may not be allowed to kill some processes. */
  leftoverMaxMs: 10_000,
  /** Seconds between the stop signal and KILL, unless an option overrides it (Kubernetes' default). */
  graceSeconds: 30,
  /** The longest time that a setting accepts, in seconds: 31 years, so that a sum of times is still a valid date. */
  maxSeconds: 1_000_000_000,
  /** How long reading a pipe that was passed in place of a file may take, in ms. */
  passedPipeMs: 60_000,
  /** Bytes of the template: etcd limits a whole pod specification to 1.5 MiB. */
  templateBytes: 2 * MiB,
  /** Containers of one job: more than a few hundred is a mistake, and each one is watched. */
  containers: 1_000,
  /** Bytes of the file with additional arguments: one execve(2) accepts no more. */
  argumentsFileBytes: 4 * MiB,
  /** Bytes of a file with variables: a Kubernetes Secret holds 1 MiB. */
  variablesFileBytes: 2 * MiB,
  /** Bytes of a signal request: a name or a number. */
  signalRequestBytes: 32,
  /** How long an empty signal request is left to its writer, even on a busy machine, in ms. */
  emptyRequestMs: 2_000,
  /** How long a failed job is held for a person, in seconds, unless a variable overrides it. */
  failurePauseSeconds: 3_600,
  /** The longest such time that a setting accepts, in seconds: a week, since the container keeps all that it has. */
  failurePauseMaxSeconds: 7 * 24 * 3_600,
  /** Bytes of `exitcode`: three digits, and some white space. */
  exitCodeBytes: 16,
  /** Bytes of a `result.json` that a reader accepts. */
  resultBytes: 16 * MiB,
  /**
   * Approximate number of values in it: more than fit into such a file with real names and hashes, and few enough for
   * memory.
   */
  resultValues: 800_000,
  /** Bytes of a spool record: the report holds the results of all containers, one of which has the outputs. */
  reportBytes: 20 * MiB,
  /** Approximate number of values in it. */
  reportValues: 1_000_000,
  /** Bytes of a `started` record that a reader accepts. */
  startedBytes: 4 * KiB,
  /** Secrets with fewer characters are not masked: that would mask ordinary words. */
  maskedValueLength: 6,
  /** Bytes of a secret whose encoded forms are masked too: keys have at most 4 KiB, and a whole form is held back. */
  encodedSecretBytes: 8 * KiB,
  /** Bytes of all such forms together: each secret needs about ten times its size, and they stay in memory. */
  encodedSecretsBytes: 8 * MiB,
  /**
   * Bytes to which macros may expand one text of a definition: eight times the kernel's limit (MAX_ARG_STRLEN,
   * execve(2)).
   */
  expandedBytes: 1 * MiB,
  /** Bytes of files that `manifest` embeds: a Secret holds 1 MiB, and they are base64-encoded twice. */
  secretFileBytes: 512 * KiB,
  /** URLs in one variable's value that are searched for a password. */
  valueUrls: 1_000,
  /** Characters of such a URL, including its parameters. */
  urlCharacters: 4_096,
  /** Characters of a URL's scheme; real ones are far shorter. */
  schemeCharacters: 64,
  /** Poll interval of a directory when the kernel delivers no events or too many, in ms. */
  watchPollMs: 50,
  /** The pause between two polls is this many times as long as a poll: polling takes at most a twentieth of a core. */
  pollShare: 20,
  /**
   * Events of all watched directories in one window; a job with a lot of output causes a few thousand, which take 30
   * ms.
   */
  watchEvents: 10_000,
  /** The window of that budget, in ms. */
  watchWindowMs: 1_000,
  /** How long a directory is polled before events are tried again, in ms. */
  watchRetryMs: 1_000,
  /** Bytes read at once of what a job writes into `alive`: the capacity of a FIFO. */
  livenessBytes: 64 * KiB,
  /** How long changes of one file are coalesced, in ms: checking the file costs more than most changes. */
  coalesceMs: 2,
  /** Bytes of one stored output line: MultiFlexi's `line` is a MariaDB TEXT. */
  lineBytes: 65_535,
  /** Bytes of a timeline: about three million writes; a write can be one byte, and its line is 20 times that. */
  timelineBytes: 64 * MiB,
  /** Bytes of one line of a timeline: a time, a digit and a count, at most 15 digits each. */
  timelineLineBytes: 64,
  /** Bytes of output after which a journal entry is due, however few lines they are. */
  checkpointBytes: 16 * MiB,
  /** A scan of all containers' output that takes less than this may be repeated on every event, in ms. */
  shortScanMs: 25,
  /** After a longer scan, scanning pauses for this many times its duration: it takes at most a quarter of a core. */
  scanShare: 4,
  /** Containers whose files are open at the same time; each has three. */
  openContainers: 256,
  /** Bytes of one read of a timeline: about 3,000 entries. */
  timelineReadBytes: 64 * KiB,
  /** Bytes of one read of a small file: one read is usually enough, and none allocates the file's whole limit. */
  smallReadBytes: 64 * KiB,
  /**
   * Bytes of one read of a captured stream: large enough to make the calls cheap, small compared to the memory
   * budget.
   */
  streamReadBytes: 256 * KiB,
  /** Characters of an artifact's file name: MultiFlexi's `filename` is a VARCHAR(255). */
  filenameCharacters: 255,
  /** Lines of a job's output that get a row of their own, however fast they come: as many as a person reads. */
  ownRows: 1_000,
  /**
   * Length of one time slot of the output, in ms. Lines within a slot are packed together; with the slack, this takes
   * less than a second.
   */
  slotMs: 400,
  /** How long after the end of a slot its last output may take to appear on the volume, in ms. */
  slotSlackMs: 200,
  /**
   * Number of a job's rows from which packs are as large as possible: MultiFlexi's readers handle about 120,000 rows.
   */
  liveRows: 40_000,
  /** Slots that such a pack may span: ten seconds. */
  longSlots: 25,
  /**
   * Rows of a job's output, unless a variable overrides it: what MultiFlexi's readers can handle; 7 GB of full rows.
   */
  jobRows: 120_000,
  /** Output row numbers that are usable: half the range of the column (an INT UNSIGNED). */
  rowNumbers: 2 ** 31,
  /** Lines in one database transaction: where MariaDB is fastest. */
  batchLines: 1_000,
  /**
   * Bytes of output in one transaction. Larger batches outlive the young generation of the reporter's heap and fill
   * the old one with garbage: 1 MiB took 200 MiB of memory, this takes 60. (The smallest usual max_allowed_packet is
   * 16 MiB.)
   */
  batchBytes: 256 * KiB,
  /** Bytes of output that are split into lines at once: in the worst case, each byte is a newline. */
  takeBytes: 16 * KiB,
  /** A journal entry is written at least after this many lines: what a new reporter reads again at most. */
  checkpointLines: 10_000,
  /** Bytes of the journal that a new reporter reads: about 100,000 switches between containers, in 60 MB of memory. */
  journalBytes: 32 * MiB,
  /** Names that are listed of one directory of the volume: a job may create any number. */
  listedNames: 1_000,
  /** How long to wait for a spool lock whose holder is not visible, in ms: a reporter that is exiting takes less. */
  unseenLockMs: 2_000,
  /** Foreign spools that are set aside in one place; someone should have noticed by then. */
  spoolsAside: 100,
  /** Bytes of one file of /proc that describes a process or all locks. */
  procBytes: 1 * MiB,
  /** This many times the reserve must be free before it is taken: a small volume is left to the job and its wrapper. */
  spoolReserveShare: 4,
  /** Characters of a foreign name or message that a message of ours quotes: few paths are longer. */
  quotedCharacters: 300,
  /** Messages of one kind that are listed one by one: nobody reads more, and a job may cause any number. */
  listedMessages: 20,
  /** Bytes reserved for each file: the budget, the stop, two stop requests, and the report. */
  spoolReserveBytes: [4 * KiB, 4 * KiB, 4 * KiB, 4 * KiB, 64 * KiB],
  /** Bytes that are read at the end of a progress file: `N/M` and a line before it. */
  progressTailBytes: 128,
  /** How long a wrapper that seems dead and left no seal has to produce one, in ms. */
  lostConfirmMs: 250,
  /** How long something else in the seal's place is left for a wrapper that is about to start, in ms. */
  invalidSealMs: 4_000,
  /**
   * How long a seal is not trusted while its wrapper is alive, in ms: longer than a wrapper takes to end leftover
   * processes.
   */
  sealBesideMs: 15_000,
  /** Files that the reporter must be able to open: with fewer it could not even see how the job ended. */
  minOpenFiles: 7,
  /** How long an unreadable seal is retried before the other records are used, in ms. */
  unreadableMs: 60_000,
  /** How long a wrapper whose `alive` has ended has to remove a request before it counts as gone, in ms. */
  answerSoonMs: 60,
  /** How long a wrapper without `alive` has to remove a request before it counts as gone, in ms. */
  answerMs: 10_000,
  /** How often a container whose record is a guess is checked again during delivery, in ms. */
  lateSealMs: 500,
  /** Everything is checked again after this time, in ms: the kernel drops events when its queue is full. */
  recheckMs: 5_000,
  /** How long output is collected before it is sent, in ms: many small writes become one transaction. */
  gatherOutputMs: 50,
  /** How long delivery is tried after the job's end, unless a variable overrides it, in seconds. */
  reportSeconds: 60,
  /** How long a pod may take from its scheduling to the job's start, including image pulls, in seconds. */
  podStartSeconds: 300,
  /** How long a wrapper may save outputs after the job was stopped, in ms: enough for several gigabytes. */
  saveMs: 120_000,
  /** How often KILL is requested again while a container keeps running, in ms. */
  killRepeatMs: 250,
  /** How long a wrapper may take to seal after its job was killed or its saving was stopped, in ms. */
  gatherMs: 10_000,
  /** The most that is reserved for the report before a deadline, in ms. */
  reportReserveMs: 15_000,
  /**
   * A deadline that is closer than this, or has passed, counts as this far away, in ms: otherwise no job could exit
   * gracefully.
   */
  minBudgetMs: 3_000,
  /** How long to wait for a container that never started when the job is stopped, in ms. */
  neverStartedMs: 2_000,
  /** The first pause before a retry, in ms; it doubles each time. */
  retryFirstMs: 200,
  /** The shortest such pause, when little time is left, in ms. */
  retryMinMs: 50,
  /** The longest such pause, in ms: a server that comes back is noticed soon. */
  retryMaxMs: 5_000,
  /**
   * How long MariaDB waits for a lock that another program holds, in seconds: its default of one day exceeds the time
   * left for the report after a stop, and the lock of a killed reporter would block the next one.
   */
  mariadbLockSeconds: 1,
  /** How long SQLite waits for a lock that another program holds, in ms; the process is blocked meanwhile. */
  sqliteBusyMs: 1_000,
  /** How long sending metrics may take, unless OpenTelemetry's variable overrides it, in ms. */
  telemetryMs: 10_000,
  /** The REST server's share of the report's time: the database needs the rest to write the row instead. */
  rowFirstShare: 0.75,
  /** What is reserved for the job's end when the output takes the rest of the report's time, in ms. */
  finalReserveMs: 5_000,
  /** How long sending the spans of a job may take, in ms: everything else is delivered, and the pod waits. */
  traceMs: 5_000,
  /** Containers whose spans are sent: nobody looks at more. */
  tracedContainers: 200,
  /** Bytes of `initialized`: two times. */
  initializedBytes: 1 * KiB,
  /** How long best-effort sinks have after the job's end, in ms. */
  bestEffortMs: 15_000,
  /** Bytes of the smallest step of a copy: a page, the most that a file of /sys has. */
  pageBytes: 4 * KiB,
  /** Bytes of one stream that a page has, its last: as much as a browser searches in a moment. */
  pageLogBytes: 256 * MiB,
  /** Bytes of all streams on a page: more does not fit into a browser's memory. */
  pageLogsBytes: 1 * GiB,
  /** Bytes of a log that one answer of a served page has. */
  pageServedBytes: 16 * MiB,
  /** Attempts of a container, and phases, that a page shows: a record may be forged. */
  pageAttempts: 500,
  /** Bytes of a file's name in an archive's list. */
  pageNameBytes: 1 * KiB,
  /** Bytes of a page's log in one element: a browser reads it in parts. */
  pagePartBytes: 768 * KiB,
  /** Outputs on a page, and sentences about missing ones. */
  pageOutputs: 1_000,
  /** Bytes of a page's previews, all together. */
  pagePreviewsBytes: 20 * MiB,
  /** Bytes of one text's preview. */
  pageTextBytes: 128 * KiB,
  /** Bytes of a picture's preview. */
  pagePictureBytes: 2 * MiB,
  /** Files of an archive that a page lists. */
  pageEntries: 500,
  /** Unpacked bytes of archives that are looked through for their lists, on one page. */
  pageArchiveBytes: 256 * MiB,
  /** How often a page that is served is told of changes, at most, in ms. */
  pageChangeMs: 250,
  /** What a failed job wrote last to its standard error, at the head of a page: bytes, */
  pageWordsBytes: 4 * KiB,
  /** and lines. */
  pageWordsLines: 5,
  /** How often a page that is served looks for what no event tells, in ms. */
  pageRecheckMs: 2_000,
  /** Points of a curve on a page. */
  pageUsagePoints: 500,
  /** Pages that an operator makes at once: each has a log in memory, of up to `pageServedBytes`. */
  pagesAtOnce: 4,
  /** How long an operator waits for whoever asks for a page, or takes it, in ms. */
  pageRequestMs: 30_000,
  /** What a launch records of what it waits for. */
  launchSteps: 50,
  /** Rows of a job's output that are read from the database at once; */
  storedRowsAtOnce: 5_000,
  /** bytes of their texts; */
  storedBytesAtOnce: 1 * MiB,
  /** and characters of an output file: up to four bytes each, in an answer of at most 2 MiB. */
  storedCharactersAtOnce: 500_000,
  /** After this time, in ms, a job is a longer one: memory that only its start needed is given back. */
  restMs: 1_200,
  /** When a container's usage is looked at first, and then how often, in ms; see `usageSamples`. */
  usageMs: 1_000,
  /** After so many looks at a container's usage, the next ones are half as often. */
  usageSamples: 256,
  /** Bytes of `usage`: 30 years take some 250 KB. */
  usageBytes: 512 * KiB,
  /** Bytes of one step of a copy. */
  copyBytes: 1 * MiB,
  /** Bytes of a server's response that are read: a row takes less than one KiB. */
  answerBytes: 1 * MiB,
  /** Bytes that a database server may send before authentication: a greeting and a few requests. */
  handshakeBytes: 64 * KiB,
  /** Bytes of a database's response to one statement: the marks of a thousand artifacts take at most 1 MiB. */
  databaseAnswerBytes: 2 * MiB,
  /** The earliest plausible time of a job, in ms since 1970: 2001. A record with an earlier one is corrupt. */
  earliestMs: 978_307_200_000,
  /** How far a REST server's clock may differ from ours, in ms: beyond that, its time is ignored. */
  clockDifferenceMs: 24 * 3_600_000,
  /** Rows that are requested at once. */
  answerRows: 1_000,
  /** How long closing a connection gracefully may take, in ms. */
  closeMs: 1_000,
  /** How long connecting to a database may take, in ms. */
  connectMs: 5_000,
  /** Bytes of a Zabbix server's response: a JSON sentence of about a hundred bytes. */
  zabbixAnswerBytes: 4 * KiB,
  /** How long a proxy may take to connect to a server, in ms. */
  proxyMs: 10_000,
  /** How long one request to a server may take, in ms. */
  exchangeMs: 20_000,
  /** Bytes of one artifact in a database row: the server holds several copies in memory. */
  artifactBytes: 64 * MiB,
  /** Bytes of one artifact in SQLite, whose library holds three copies in our memory. */
  sqliteArtifactBytes: 32 * MiB,
  /** Bytes of an artifact that is stored before the job's end: larger ones may take too long or be rejected. */
  smallArtifactBytes: 1 * MiB,
  /** Bytes of an artifact that are read at once: a multiple of three, for base64. */
  artifactPieceBytes: 768 * KiB,
  /** Characters of an artifact's note: MultiFlexi's `note` is a VARCHAR(255). */
  noteCharacters: 255,
  /** Bytes of an output parameter: it is a value, not a file. Argo has the same limit. */
  parameterBytes: 256 * KiB,
  /** Bytes of one input, fetched or unpacked: more is a mistake or an attack, and the node's disk is shared. */
  inputBytes: 16 * GiB,
  /** Entries of one input's archive: each takes an inode of the node's disk. */
  inputEntries: 1_000_000,
  /** Directories above one entry of an archive: real archives are less deep, and removing deeper trees is slow. */
  inputDepth: 128,
  /** Largest ratio of unpacked to packed size of an archive: deflate itself cannot exceed 1,032. */
  inputRatio: 200,
  /** Unpacked bytes below which the ratio is not checked: small archives of empty files may have any. */
  inputRatioFreeBytes: 64 * MiB,
  /**
   * Bytes at the end of a ZIP file that are searched for its last record: the comment has at most 64 KiB, and as many
   * may follow.
   */
  zipTailBytes: 128 * KiB,
  /**
   * Bytes of an empty tar, which is all zeros: tar(1) pads it to a record, and this is the longest one that it
   * accepts.
   */
  emptyTarBytes: 1 * MiB,
  /** Bytes of a link's target (PATH_MAX, limits.h). */
  linkBytes: 4096,
  /** Attempts to fetch an input over HTTP. */
  fetchAttempts: 3,
  /** The pause before the second attempt, in ms; it doubles. */
  fetchPauseMs: 500,
  /** How long an HTTP server may send nothing, in ms. */
  fetchSilenceMs: 60_000,
  /**
   * Bytes that must arrive in each such period except the last: a server that trickles data would hold the pod
   * forever.
   */
  fetchMinBytes: 64 * KiB,
  /** How long fetching one input over HTTP may take, including all attempts, in ms: 16 GiB at 0.8 MB/s. */
  fetchMs: 6 * 3_600_000,
  /** Bytes of what git says, of which its reason is shown. */
  gitMessageBytes: 8 * KiB,
  /** Bytes that one thread compresses at once for gzip or zip: fits a core's cache, and is twice pigz's 128 KiB. */
  deflateBlockBytes: 256 * KiB,
  /**
   * Bytes of one file of /proc or /sys, which is read whole because its size is unknown: kallsyms, the longest, has
   * 10 MB.
   */
  kernelFileBytes: 16 * MiB,
  /** Paths that a glob pattern is expanded to: many stars and links to directories have no end. */
  globPlaces: 1_000_000,
  /** Bytes of a hole that are skipped at once: progress is counted this often. */
  holeBytes: 64 * MiB,
  /** Bytes of one zstd frame: large enough to compress as well as a single frame, small enough for many threads. */
  zstdFrameBytes: 4 * MiB,
  /** Threads that compress: libuv's pool (see start-program.ts) minus those that stalled readers may block. */
  packThreads: 4,
  /**
   * Compressors for gzip and zip, used in turn: two per thread. The number is fixed, so that the bytes are the same
   * on any machine.
   */
  deflateLanes: 8,
  /**
   * Bytes of a ZIP file's directory that are compressed together while they wait: the longest record takes a
   * fraction.
   */
  directoryPageBytes: 256 * KiB,
  /** Files listed by name in `skipped`; the rest are only counted. Keeps `result.json` below its own limit. */
  skippedFiles: 5_000,
  /** The coarsest step of the clock that timestamps files, in ms: a kernel with 100 ticks a second. */
  clockStepMs: 10,
  /** How long matching all of a template's patterns may take, in ms: a pattern can be exponential. */
  patternMs: 2_000,
  /** The least time that each pattern gets, in ms, however many there are. */
  minPatternMs: 50,
  /** Files that a template's patterns may match in total: a pattern that matches everything is a mistake. */
  patternFiles: 1_000,
  /** Two signals to the launcher that are so close, in ms, are one: npm forwards what the terminal has sent already. */
  samePressMs: 400,
  /** The same for TERM and HUP, which no person presses, in ms: a busy parent may forward them late. */
  sameTermMs: 2_000,
  /** Bytes of a file in one frame of a mirror's stream: few frames for large files, little memory on both sides. */
  frameBytes: 256 * KiB,
  /** Bytes of a frame's text: a path, or the names of 1,000 containers. */
  frameTextBytes: 128 * KiB,
  /** Bytes in one line where frames travel as text: 3,000 characters. */
  frameLineBytes: 2_250,
  /** Characters of a line that a terminal keeps (N_TTY_BUF_SIZE). */
  terminalLineBytes: 4 * KiB,
  /** Bytes on their way to a mirror that are not acknowledged: 80 MB/s at a round trip of 100 ms. */
  mirrorWindowBytes: 8 * MiB,
  /** Bytes of frames that are written at once. */
  mirrorBatchBytes: 256 * KiB,
  /** Pieces that one call writes (IOV_MAX, writev(2)). */
  writtenPieces: 1_024,
  /** Bytes of one stream that travel before another one gets its turn. */
  mirrorTurnBytes: 4 * MiB,
  /** Bytes after which a receiver acknowledges what it has written. */
  mirrorAckBytes: 1 * MiB,
  /** And after this time at least, in ms, if anything came. */
  mirrorAckMs: 500,
  /** Bytes at the end of a mirrored file that are compared before it is continued. */
  mirrorTailBytes: 64 * KiB,
  /** How long a sender is silent before it sends a sign of life, in ms. */
  mirrorPingMs: 2_000,
  /** How long one side of a mirror's stream may say nothing, in ms: then the other one ends the connection. */
  mirrorSilenceMs: 15_000,
  /** Directories above a mirrored output: PATH_MAX allows 2,048, and each one is held open. */
  mirrorDepth: 256,
  /** Entries of one directory of outputs: they are sorted in memory. */
  mirrorNames: 2_000_000,
  /** Outputs that a mirror takes. */
  mirrorFiles: 5_000_000,
  /** Bytes that a mirror takes in all, unless an option overrides it; holes do not count. */
  mirrorBytes: 64 * GiB,
  /** Size of one mirrored file, holes included. */
  mirrorFileBytes: 1024 * GiB,
  /** How long a finished job's volume is held for its receiver, in seconds, unless an option overrides it. */
  holdSeconds: 3_600,
  /** How long `wait` stays after its volume was let go, in ms: the sender's answer takes a round trip. */
  holdLingerMs: 500,
  /** How long a sender has for its own exit when all is done, in ms: then its command is stopped. */
  senderExitMs: 2_000,
  /** How often a complete mirror tries to let the volume go: its container ends then, perhaps before it has answered. */
  letGoTries: 3,
  /** How long the mirror waits before it starts a new sender, in ms; the pause doubles, */
  mirrorRetryMs: 250,
  /** up to this time, in ms. */
  mirrorMaxRetryMs: 10_000,
  /** How often the launcher draws its bar again, in ms, */
  drawMs: 100,
  /** and how often it reports the progress where there is no terminal, in ms. */
  progressMs: 5_000,
  /** How long a launch waits for its engine before it tells that where there is no terminal, in ms. */
  waitingMs: 30_000,
  /** How long a launched job may take to start, in seconds: pulling a large image over a slow link. */
  launchStartSeconds: 600,
  /** Seconds after a job's timeout at which its reporter stops it: only if its wrapper's own timeout fails. */
  launchTimeoutSlack: 60,
  /** How long a launcher that gives up waits for its engine to kill the job, in ms. */
  giveUpMs: 2_000,
  /** How far a mirror may be behind its volume when a container has ended, in ms, */
  mirrorBehindMs: 20_000,
  /** and how often it is looked at meanwhile, in ms. */
  mirrorLookMs: 200,
  /** Attempts to lock a launch's directory, which somebody may look at for a moment, */
  lockTries: 4,
  /** and the pause between them, in ms. */
  lockRetryMs: 25,
  /** Leftovers that one clean-up finishes: it may have to wait for each of them. */
  cleanedLaunches: 50,
  /** The same for a launch that has just ended its own job. */
  cleanedInPassing: 3,
  /** Ended launches whose last record is remembered, */
  rememberedLaunches: 1_000,
  /** and how many of the oldest are forgotten at a time when there are more. */
  forgottenLaunches: 100,
  /** How often a launcher looks whether the reporter of an earlier one has ended, in ms. */
  spoolLookMs: 100,
  /** How often somebody who waits for a launcher looks whether it was killed, in ms. */
  launcherLookMs: 1_000,
  /** How long an engine may take to tell its version, in ms: it may be starting, or at the end of a slow line. */
  engineAnswerMs: 60_000,
  /** How long an engine may take to make, start or stop a container, in ms: on a slow disk, it takes minutes. */
  engineWorkMs: 300_000,
  /** How often an engine is asked whose answers are cut off, */
  engineTries: 3,
  /** and how long an answer may be, in bytes: lists have some hundred bytes for each container. */
  engineAnswerBytes: 64 * MiB,
  /** Requests for a container whose name is taken by what a killed launcher has left. */
  createTries: 10,
  /** How much later than the volume an engine may know why a job has ended, in ms. */
  engineReasonMs: 3_000,
  /** How often an engine that does not answer is asked again, in ms. */
  engineRetryMs: 1_000,
  /** How long a cluster may take for one answer, in ms, */
  clusterAnswerMs: 30_000,
  /** and how many bytes one may have. */
  clusterAnswerBytes: 16 * MiB,
  /** How long a connection to a cluster is kept for the next request, in ms: servers keep them for a minute or more. */
  clusterIdleMs: 4_000,
  /** How long one watch of a pod lasts, in seconds: then it is listed anew. */
  clusterWatchSeconds: 25,
  /** The longest pause before a cluster that does not answer is asked again, in ms. */
  clusterMaxRetryMs: 10_000,
  /** How long Azure's resource manager may take for one answer, in ms, */
  azureAnswerMs: 60_000,
  /** and how many bytes one may have; a list has some KiB for each group. */
  azureAnswerBytes: 16 * MiB,
  /** How long before its end a token of Azure is renewed, in ms. */
  azureTokenMs: 300_000,
  /** The longest that a request waits which Azure has throttled, in ms: its limits are counted in five minutes, or in an hour. */
  azureThrottleMs: 600_000,
  /** How often a container group is looked at, in ms; the pause grows, */
  azureLookMs: 250,
  /** up to this one while it is being made or removed, */
  azureStartLookMs: 3_000,
  /** and to this one while its job runs: the end of the job is seen on its volume. */
  azureMaxLookMs: 10_000,
  /** The longest pause before a group is requested again that could not be made, in ms. */
  azureMaxRetryMs: 30_000,
  /** How long a container group may not be found, or a right to exec be missing, in ms: not all servers know at once. */
  azureMissingMs: 15_000,
  /** How long the deletion of a container group may take, in ms. */
  azureGoneMs: 300_000,
  /** How often the operation that has made a group is asked why it has failed, while it does not answer. */
  azureOperationTries: 4,
  /** Senders in a row that say nothing after the job's end, before its results are given up: about two minutes. */
  azureSilentSenders: 16,
  /** Lines of a container's log that are read, for the reason of a failed start. */
  azureLogLines: 20,
  /** Characters of the value of a tag. */
  azureTagCharacters: 256,
  /** How long a registry may take to tell the command of an image, in ms, */
  registryMs: 30_000,
  /** and how many bytes one of its answers may have. */
  registryBytes: 4 * MiB,
  /** Bytes of an image's command: a pod has at most 1.5 MiB. */
  registryStartBytes: 64 * KiB,
  /** Images whose commands are remembered, */
  registryCached: 1_000,
  /** and how many bytes one of these may have. */
  registryCachedBytes: 4 * KiB,
  /** How long images may fail to be pulled, in ms: one may be pushed a little later. */
  imagePullGraceMs: 60_000,
  /** How long a pod's own status has precedence, in ms, before its events are asked for what it does not tell, */
  podEventMs: 3_000,
  /** and how many of them are read. */
  podEvents: 100,
  /** How many of them are told about a job that failed. */
  shownPodEvents: 5,
  /** The grace of a pod that is deleted: its job has ended, or has not started. */
  podRemovalSeconds: 2,
  /** The same where the job is to be killed by it. */
  podKillSeconds: 1,
  /** How long a deleted pod may take to go, in ms. */
  podGoneMs: 90_000,
  /** How long after its grace a deleted pod is taken for lost with its node, in ms. */
  podOverdueMs: 60_000,
  /** The message in a termination log, in characters: Kubernetes keeps 4 KiB of one. */
  terminationCharacters: 800,
  /** The longest argument of a program, in bytes: Linux' own (MAX_ARG_STRLEN, without the end). */
  argumentBytes: 128 * KiB - 1,
  /** Jobs that the operator works on at the same time. */
  operatorWorkers: 8,
  /** How long the operator waits before it repeats what has failed, in ms; doubled each time, up to the second one. */
  operatorRetryMs: 500,
  operatorMaxRetryMs: 60_000,
  /** How often the operator lists everything anew, in ms, whatever its watches tell, */
  operatorRelistMs: 600_000,
  /** and how many objects one answer has. */
  operatorListPage: 500,
  /** How often the operator looks again at what should have gone by itself, in ms. */
  operatorLookMs: 10_000,
  /** How long a job may take to start, in seconds, where its resource does not tell, */
  operatorStartSeconds: 600,
  /** and how often its pod may fail for reasons that are not the job's. */
  operatorSystemRetries: 3,
  /** How long a pod may have waited for an operator, in ms, before it is made anew rather than let start. */
  operatorOutdatedMs: 60_000,
  /** The longest message in the status of a resource, in characters, */
  operatorMessageCharacters: 1_000,
  /** and the most phases in it. */
  operatorHistory: 20,
  /** When another operator may take over from one that is silent, in seconds. */
  operatorLeaseSeconds: 15,
  /** How often the operator lets go of jobs that are held again meanwhile, */
  operatorReleasePasses: 20,
  /** and how long it waits at its end for what tells whether it has to, in ms. */
  operatorLastLookMs: 5_000,
  /** How long a pod's reporter may take after the job's end, in ms, before the operator stops it. */
  operatorReportingMs: 3_600_000,
  /** The same where the job's program has left no word: the reporter may never have seen it. It gives up a server after 60 s. */
  operatorUnseenMs: 90_000,
  /** A job's program that has run for so long, in ms, had begun, whatever it has left. */
  operatorBegunMs: 60_000,
  /** Jobs of which the operator tells others at the same time, for rows and for CloudEvents each. */
  operatorTellers: 16,
  /** Characters of a job's UID in the names of its Secrets: enough to tell it from others of its name. */
  operatorUidCharacters: 8,
  /** How long a server may take to store a row that the operator reports, in ms. */
  operatorTellMs: 30_000,
  /** How long after a job's end the operator tries to tell others of it, in seconds. */
  operatorReportSeconds: 300,
  /** How long a sink may take to answer to a CloudEvent, in ms. */
  cloudEventMs: 10_000,
  /** Last states of pods that are gone which the operator remembers. */
  operatorGonePods: 1_000,
  /** Bytes of a request to the webhook: etcd limits a pod to 1.5 MiB. */
  admissionBytes: 4 * MiB,
  /** The same of all requests that are being answered: each is many times as large when it is read. From one address, half of it. */
  admissionsBytes: 16 * MiB,
  /** Connections to the webhook: the API server has one for each pod that is being made. */
  webhookConnections: 500,
  /** How long a request to the webhook may take to come, in ms, */
  webhookRequestMs: 10_000,
  /** and how often that is looked at. */
  webhookRequestLookMs: 2_000,
  /** Commands of images that the webhook looks up at once, */
  admissionLookups: 16,
  /** and pull secrets of a pod that it reads for one. */
  admissionPullSecrets: 16,
  /** How long the webhook looks for the command of an image, in ms: the API server waits for it 10 s by default. */
  admissionLookupMs: 5_000,
  /** How long the webhook serves on after a stop, in ms: until the API server asks the others. */
  webhookLingerMs: 3_000,
  /** How long a certificate of the webhook is valid, in ms. */
  certificateMs: 90 * 24 * 3_600_000,
  /** The share of that time after which its successor is made, and trusted, */
  certificateNextShare: 1 / 3,
  /** and after which the successor is served. */
  certificateSwapShare: 1 / 2,
  /** How far the clocks of a cluster may differ, in ms. */
  certificateSkewMs: 3_600_000,
  /** How long a certificate of other names is trusted before it is served, in ms. */
  certificateTrustMs: 5_000,
  /** How often the webhook looks after its certificates, in ms. */
  certificateLookMs: 5_000,
  /** How often the leader looks for labelled pods that were not wrapped, in ms. */
  missedPodsMs: 30_000,
  /** and how old a pod may be of which it tells, in ms. */
  missedPodAgeMs: 3_600_000,
  /** How long the resource of a job that has ended waits for a launcher that was killed, in seconds: it has the exit code. */
  viaTtlSeconds: 86_400,
  /** How long an operator may take to write down an end that its launcher knows, in ms, */
  viaEndMs: 60_000,
  /** and to let go of a resource that was deleted. */
  viaGoneMs: 10_000,
  /** What Helm gets less than what is left of the start's time, in ms: its own message tells more than ours. */
  helmReserveMs: 2_000,
  /** How long Helm may take to end after TERM, in ms: it records that it was interrupted. */
  helmStopMs: 10_000,
  /** Bytes of what Helm prints: the history of a release, or the notes of a chart. */
  helmOutputBytes: 16 * MiB,
  /** Lines of an error of Helm's that are told: the others of a template's error repeat them. */
  helmErrorLines: 6,
  /** How often a release that somebody else changes is looked at, in ms. */
  releaseLookMs: 1_000,
  /** How long after a start's time is over Helm may still write, in ms: clocks of machines differ. */
  releaseSlackMs: 60_000,
  /** How long a change of a release by somebody unknown may take, in ms: thrice Helm's usual time. */
  foreignReleaseMs: 900_000,
  /** Lines of a container's own messages that are shown if it could not start. */
  messageLines: 20,
  /** How long ssh may take to connect to an engine's machine, in seconds. */
  sshConnectSeconds: 20,
  /** How long a credential helper may take, in ms: it may ask a person. */
  credentialHelperMs: 60_000,
  /** When podman's service that a launch has started ends by itself, in seconds without a request. */
  podmanIdleSeconds: 300,
  /** How long it may take to start, in ms, */
  podmanStartMs: 30_000,
  /** and how often it is looked for, in ms. */
  podmanLookMs: 50,
  /** How long one check of doctor may take, in ms: an engine on a busy machine answers within it. */
  doctorCheckMs: 60_000,
  /** How long a check that is given up may clean up, in ms. */
  doctorCleanUpMs: 30_000,
  /** Bytes of what doctor's trial job prints: a name and a version. */
  trialOutputBytes: 1 * KiB,
  /** Bytes that must be free for launched jobs: the installed program takes 100 MiB, */
  stateLeastBytes: 256 * MiB,
  /** and those below which doctor warns: one captured stream may take them. */
  stateLowBytes: 1 * GiB,
  /** Files that it must be possible to make: a job's volume has some dozens. */
  stateFiles: 1_000,
  /** A clock that says less, in ms since 1970, is wrong: this program is younger. */
  earliestClockMs: 1_767_225_600_000,
  /** How much younger than the clock the program's file may be, in ms: time zones that were mistaken. */
  clockAheadMs: 24 * 60 * 60 * 1_000,
  /** How far the clocks of this machine and of its file server may be apart, in ms. */
  clockApartMs: 2_000,
  /** Bytes that go to a store together: after each, it is known that the store still takes them. */
  storePieceBytes: 256 * KiB,
  /** Bytes of one part of an object, unless it would have more parts than its store takes, */
  storePartBytes: 8 * MiB,
  /** and of all parts of one that are in memory at a time. */
  storeMemoryBytes: 64 * MiB,
  /** Servers that the artifacts of one job go to at a time: each has parts in memory. */
  storesAtOnce: 4,
  /** Requests to one store at a time, */
  storeRequests: 8,
  /** at first, */
  storeFirstRequests: 2,
  /** one more after one that took less, in ms, */
  storeQuickMs: 5_000,
  /** and one less after one that took more, in ms: a sink that makes no progress is given up. */
  storeSlowMs: 20_000,
  /** How often a request is sent that may work the next time, */
  storeAttempts: 8,
  /** Files that a store may refuse, with none that it takes, before it is asked for no more. */
  storeRefusals: 16,
  /** the first pause, in ms, doubled each time up to */
  storeRetryFirstMs: 200,
  /** this one, in ms, */
  storeRetryMaxMs: 10_000,
  /** and how long a store may be too busy for anything, in ms. */
  storePatienceMs: 180_000,
  /** How long a connection to a store may take, in ms, */
  storeConnectMs: 10_000,
  /** and be silent, in ms. */
  storeIdleMs: 60_000,
  /** How long the metadata server of a pod or a machine may not be there yet, in ms. */
  storeIdentityMs: 5_000,
  /** Bytes of an answer that is no object: a page of a list has up to 1000 names of 1 KiB, and what is known of each. */
  storeAnswerBytes: 16 * MiB,
} as const;
