/** Every limit in one place. Units are the last word of each name. */

const KiB = 1024;
const MiB = 1024 * KiB;
const second = 1000;
const minute = 60 * second;

export const limits = {
  /** Bodies of `POST /api/*`. */
  apiBodyBytesMax: 1 * MiB,
  alertsPerRequestMax: 100,
  alertTextCharsMax: 32_768,
  alertTagsMax: 100,
  alertFieldsMax: 100,
  /** Bodies of the HipChat-compatible API: HipChat's own clients refuse files above 50 MB, ours are charts. */
  roomsBodyBytesMax: 20 * MiB,
  configBytesMax: 1 * MiB,
  secretBytesMax: 64 * KiB,
  urlCharsMax: 8192,

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

  /** How long a text waits for nothing, and a picture for its page: design "picture deadline". */
  pictureDeadlineMs: 15 * second,
  deliveryTryMs: 15 * second,
  deliveryTriesMax: 6,
  deliveryAgeMsMax: 10 * minute,
  deliveryBackoff: { baseMs: 500, capMs: 30 * second },
  answerBytesMax: 64 * KiB,
  answerHeaderBytesMax: 16 * KiB,
  alertsInFlightMax: 200,

  /** What the store keeps in memory of handled alerts. */
  alertsKeptMax: 1000,

  roomsMax: 500,
  roomNameCharsMax: 50,
  messagesPerRoomMax: 1000,
  roomFilesBytesMax: 256 * MiB,
  roomWatchersMax: 500,
  roomSendsPerMinuteMax: 30,
  roomTokenCallsPerFiveMinutesMax: 500,

  drainMs: 20 * second,
} as const;
