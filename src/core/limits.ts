/** Every limit in one place. Units are the last word of each name. */

const KiB = 1024;
const MiB = 1024 * KiB;
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

export const limits = {
  /** Bodies of `POST /api/*`. */
  apiBodyBytesMax: 1 * MiB,
  alertsPerRequestMax: 100,
  /** Requests whose alerts are put on disk by one commit. */
  requestsPerCommitMax: 50,
  alertTextCharsMax: 32_768,
  alertTagsMax: 100,
  alertFieldsMax: 100,
  /** Patterns of routes are the operator's; the texts that they are looked for in are not. */
  routePatternCharsMax: 500,
  routePatternStatesMax: 1000,
  routeMatchedCharsMax: 4000,
  routePatternsMax: 100,
  routeExclusionsMax: 100,
  alertLinksMax: 20,
  /** One question to the operator's own code, and how many recipients it may name. */
  codeMs: 2 * second,
  recipientsMax: 100,
  /** Users and rooms beside a channel's own that are kept in mind. */
  channelBranchesMax: 1000,
  /** Values of a window that are remembered. */
  windowValuesMax: 5,
  /** Windows that are ended, or whose delayed messages are said, by one transaction; how often they are looked at. */
  windowsBatch: 100,
  windowPollMs: 1 * second,
  silencePollMs: 10 * second,
  windowsListedMax: 1000,
  /** A details table: rows, characters of a value, characters of all names and values. */
  detailsRowsMax: 40,
  detailsValueCharsMax: 200,
  detailsCharsMax: 4000,
  /** Bodies of `POST /hooks/*`, and what one of them may hold. */
  hookBodyBytesMax: 2 * MiB,
  hookAlertsMax: 500,
  /** Requests of hooks that are read or kept at the same time; more are told to come back. */
  hooksUnderwayMax: 50,
  hookRetryAfterMs: 5 * second,
  /** Levels of lists and objects in a JSON body. */
  jsonDepthMax: 64,
  /** A time further ahead than this is a sender's mistake: the time of arrival counts instead. */
  alertTimeAheadMsMax: 24 * 60 * minute,
  /** Senders that repeat a state on purpose are told from those that try again by this much time. */
  hookRepeatMs: 1 * minute,
  /** Fetching a signing certificate or confirming a subscription. */
  outsideTryMs: 5 * second,
  outsideBytesMax: 64 * KiB,
  certificatesKeptMax: 20,
  /** Bodies of the HipChat-compatible API: HipChat's own clients refuse files above 50 MB, ours are charts. */
  roomsBodyBytesMax: 20 * MiB,
  /** The same without a file, and how deep its JSON may go: a card's goes five deep. */
  roomsFieldsBytesMax: 1 * MiB,
  roomsJsonDepthMax: 32,
  configBytesMax: 1 * MiB,
  secretBytesMax: 64 * KiB,
  /** Configurations of other systems that are read once, by hand. */
  importBytesMax: 10 * MiB,
  xmlElementsMax: 200_000,
  xmlDepthMax: 50,
  urlCharsMax: 8192,

  certificateFileBytesMax: 256 * KiB,
  /** How often the files of a certificate are looked at. */
  certificateLookMs: 10 * second,
  /** Certificates of our own: how long they are good, how long before the end they are renewed, how far clocks may be behind. */
  authorityMs: 3650 * 24 * hour,
  serverCertificateMs: 365 * 24 * hour,
  certificateRenewMs: 30 * 24 * hour,
  clockSkewMs: 24 * hour,

  viewportSideMax: 8000,
  viewportSideMin: 16,
  deviceScaleMax: 4,
  /** Pixels of one capture, device scale included. */
  picturePixelsMax: 64_000_000,
  pictureBytesMax: 64 * MiB,
  shotTimeoutMsDefault: 20 * second,
  shotTimeoutMsMax: 120 * second,
  shotsPerBrowserMax: 200,
  shotQueueMax: 200,
  browserLaunchMs: 30 * second,
  browserCloseMs: 5 * second,
  proxyConnectMs: 10 * second,

  /** How long an alert's picture may take from when it is wanted, the wait for a browser included; its text waits for nothing. */
  pictureDeadlineMs: 5 * minute,
  /** A browser that has too much to do is asked again at least this often. */
  shotRetryMs: 5 * second,
  deliveryTryMs: 15 * second,
  /** Tries of a message that a server refuses while it takes others. */
  deliveryTriesMax: 6,
  /** Tries in a row before a message that fails lets all others of its channel go first. */
  deliveryTriesInRow: 3,
  /** Age at which a message that still cannot be delivered becomes a dead letter. */
  deliveryAgeMsMax: 24 * hour,
  deliveryBackoff: { baseMs: 500, capMs: 30 * second },
  /** Dead letters that one request sends again, and deliveries that one answer lists. */
  retryMax: 1000,
  deliveriesListedMax: 200,
  answerBytesMax: 64 * KiB,
  answerHeaderBytesMax: 16 * KiB,
  /** Alerts that one process handles at the same time; the others wait in the queue. */
  alertsInFlightMax: 400,
  /** Messages that have not ended, of all processes; beyond that no more alerts are accepted. How often they are counted. */
  deliveriesOpenMax: 100_000,
  boundLookMs: 2 * second,
  overloadedRetryMs: 30 * second,
  /**
   * How processes on one database share its queue: alerts taken at a time; who took some waits for up to so many turns of
   * the others, and for each alert that it has in hand, but not when it took none lately.
   */
  sharing: { claimMax: 2, turnMs: 2, turnsMax: 8, inHandMs: 2, waitMsMax: 100, forgetMs: 200, gatherMs: 25 },
  /** Messages that wait for their turn in one channel of one process; more go into the channel's backlog. */
  channelTurnsMax: 100,
  /** Backlogs that one process empties at the same time, and what it takes of one at a time. */
  backlogsInHandMax: 50,
  backlogBatch: 20,

  /** What a store in memory keeps of alerts. */
  alertsKeptMax: 1000,
  /** Handling that failed by a fault of our own is tried again this often, then given up and recorded as failed. */
  handlingTriesMax: 20,
  handlingBackoff: { baseMs: 1 * second, capMs: 60 * second },
  /** A queue is looked at this often even when nothing wakes its reader. */
  queuePollMs: 1 * second,
  /** How often an alert asks whether an earlier one of its key has said its text, and for how long before it steps back. */
  turnPollMs: 100,
  turnWaitMs: 30 * second,
  /** A scheduled run that could not be made in time is made up for at most this much later, by the schedule's `missed`. */
  scheduleLateMsMax: { once: 60 * minute, skip: 1 * minute },
  /** The clock is looked at this often: timers stand still while a machine sleeps, and the clock may be set. */
  schedulePollMs: 30 * second,
  scheduleRetryMs: 1 * second,
  schedulesMax: 200,
  /** A process that has not been heard of for this long has lost its work to others; pg-boss allows no less than 10 s. */
  workerSilenceMs: 10 * second,

  databaseStartMs: 30 * second,
  databaseStopMs: 10 * second,
  databaseConnectMs: 5 * second,
  databaseStatementMs: 30 * second,
  databaseConnectionsMax: 10,
  /** Statements that each connection keeps prepared; Chartbell and pg-boss have some 60. */
  databaseStatementsPrepared: 200,
  /** How long accepting waits for a database that is being restarted (measured: 0.5 s), and how long a receipt does. */
  databaseRetryMs: { accept: 2 * second, receipt: 30 * second },
  /** How long readiness and a scrape of the metrics wait for the database; Prometheus itself gives up after 10 s. */
  databaseLookMs: 2 * second,
  /** How long `chartbell check` waits for a running Chartbell to say whether it is ready. */
  readyAnswerMs: 5 * second,
  /** How long a picture that is ready to be sent waits for its copy to be kept; the copying goes on beside the sending. */
  pictureKeepWaitMs: 25,
  /** One call to the storage of pictures. */
  pictureStorageMs: 10 * second,
  /** Copies of pictures that were begun and not finished, and files that no row knows, are left alone this long. */
  pictureUnfinishedMs: 60 * minute,
  /** How often what is too old is deleted, and how many alerts, keys or pictures at a time. */
  housekeepingMs: 10 * minute,
  housekeepingBatch: 100,
  idempotencyKeptMs: 7 * 24 * 60 * minute,
  historyPageMax: 200,
  /** Bytes of a unix socket's path; Linux takes 107, macOS 103. */
  socketPathBytesMax: 100,

  roomsMax: 500,
  roomNameCharsMax: 50,
  messagesPerRoomMax: 100_000,
  roomFilesBytesMax: 256 * MiB,
  roomWatchersMax: 500,
  /** Messages of a watched room that are held in memory, and for how long when nobody watches any more. */
  roomFeedMessages: 200,
  roomFeedUnusedMs: 1 * minute,
  /** Processes that share rooms look at them anew this often even when they hear nothing of each other. */
  roomsRefreshMs: 10 * second,
  /** Messages that one search looks at, and characters of each. */
  roomSearchedMax: 20_000,
  roomSearchCharsMax: 4000,
  roomSearchWordCharsMax: 100,
  roomSearchWordsMax: 10,
  roomSendsPerMinuteMax: 30,
  roomTokenCallsPerFiveMinutesMax: 500,
  roomTopicCharsMax: 250,
  /** Links of one message that are looked at, and pictures that one message gets in its room. */
  messageLinksMax: 20,
  messagePicturesMax: 5,
  /** Tokens handed out for client credentials, and how long one is good: HipChat's were for 8 hours. */
  roomSessionsMax: 1000,
  roomSessionMs: 8 * 60 * minute,
  /** Tokens that administrators made, and characters of their names. */
  roomTokensMax: 1000,
  roomTokenNameCharsMax: 64,
  /** A card as JSON; its fields have HipChat's own limits. */
  cardCharsMax: 32_768,
  cardAttributesMax: 50,
  webhooksPerRoomMax: 20,
  webhooksMax: 500,
  webhookUrlCharsMax: 2048,
  /** The time a pattern takes is the product of its states and of the characters it is looked for in (80 ms for these). */
  webhookPatternCharsMax: 250,
  webhookPatternStatesMax: 250,
  webhookMatchedCharsMax: 2000,
  /** Calls that wait for one webhook's turn; what comes beyond is dropped. */
  webhookQueueMax: 100,
  webhookTryMs: 10 * second,
  webhookTriesMax: 3,
  webhookBackoff: { baseMs: 1 * second, capMs: 10 * second },

  drainMs: 20 * second,
  /** How long the work that a drain gives up may take to say so to the store. */
  letGoMs: 3 * second,
} as const;
