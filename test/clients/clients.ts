/** What a client is to leave in the room. */
export interface Expected {
  readonly text: string;
  readonly color?: string;
  readonly format?: "html" | "text";
  readonly sender?: string;
  /** The picture that was uploaded must come back byte for byte. */
  readonly picture?: true;
}

/** Where a client is to send. */
export interface Place {
  /** Folder of the scripts. */
  readonly scripts: string;
  readonly url: string;
  readonly token: string;
  readonly room: string;
}

export interface Client {
  readonly name: string;
  /** Package and version: of npm, or of Debian. */
  readonly npm?: string;
  readonly debian?: readonly string[];
  command(place: Place): readonly [program: string, ...args: string[]];
  readonly expected: readonly Expected[];
}

const node =
  (name: string) =>
  ({ scripts }: Place) =>
    [process.execPath, `${scripts}/${name}.cjs`] as const;

/** Real clients, each as its users have it. */
export const clients: readonly Client[] = [
  {
    name: "hipchatter",
    npm: "hipchatter@1.0.0",
    command: node("hipchatter"),
    expected: [{ text: "hipchatter <b>97%</b>", color: "red", format: "html", sender: "bot" }],
  },
  {
    name: "hipchat-client",
    npm: "hipchat-client@1.0.5",
    command: node("hipchat-client"),
    expected: [{ text: "hipchat-client 97%", color: "purple", format: "text", sender: "bot" }],
  },
  {
    name: "hipchat-notifier",
    npm: "hipchat-notifier@1.1.0",
    command: node("hipchat-notifier"),
    expected: [{ text: "hipchat-notifier 97%", color: "red", sender: "bot" }],
  },
  {
    name: "ac-node-hipchat",
    npm: "ac-node-hipchat@0.2.14",
    command: node("ac-node-hipchat"),
    expected: [{ text: "ac-node-hipchat 97%", color: "green", format: "text" }],
  },
  {
    name: "ruby-hipchat",
    debian: ["ruby-hipchat"],
    command: ({ scripts }) => ["ruby", `${scripts}/ruby-hipchat.rb`],
    expected: [
      { text: "ruby-hipchat <b>97%</b>", color: "red", format: "html", sender: "bot" },
      { text: "ruby-hipchat's chart", picture: true },
    ],
  },
  ...(["v1", "v2"] as const).map((version): Client => ({
    name: `ansible's hipchat module, ${version}`,
    debian: ["ansible-core", "ansible"],
    command: ({ url, token, room }) => {
      const message = `api=${url}/${version} token=${token} room=${room} msg='ansible ${version} 97%' color=red`;
      return ["ansible", "localhost", "-c", "local", "-m", "community.general.hipchat", "-a", message];
    },
    expected: [{ text: `ansible ${version} 97%`, color: "red" }],
  })),
];
