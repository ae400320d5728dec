import type { Command } from "commander";
import { AppError } from "../core/errors.ts";
import { configOf, withConfig } from "./config-options.ts";
import type { ConfigFlags } from "./config-options.ts";
import { print, printJson, progress, warn } from "./terminal.ts";

const help = `
Examples:
  chartbell tls certificate > chartbell.pem          what clients need
  chartbell tls certificate --json                   with fingerprint, names and dates

How clients are told to trust chartbell.pem:
  curl     curl --cacert chartbell.pem https://HOST:8443/healthz
  Java     keytool -importcert -noprompt -alias chartbell -file chartbell.pem -keystore trust.jks -storepass changeit
           java -Djavax.net.ssl.trustStore=trust.jks -Djavax.net.ssl.trustStorePassword=changeit ...
  Ruby     SSL_CERT_FILE=chartbell.pem               (in place of the system's; append them to keep both)
  Python   REQUESTS_CA_BUNDLE=chartbell.pem          (requests); SSL_CERT_FILE=chartbell.pem (urllib)
  Go       SSL_CERT_FILE=chartbell.pem               (Linux)
  Node     NODE_EXTRA_CA_CERTS=chartbell.pem         (beside those it knows)
  Debian   cp chartbell.pem /usr/local/share/ca-certificates/chartbell.crt && update-ca-certificates`;

interface TlsFlags extends ConfigFlags {
  readonly json?: boolean;
}

/** `chartbell tls certificate`: what clients need in their trust store for server.tls. */
export function tls(program: Command): void {
  const group = program.command("tls").description("the certificate of server.tls");
  withConfig(group.command("certificate"))
    .description("print, as PEM, the certificate that clients must trust; makes it where there is none yet")
    .option("--data-dir <dir>", "the folder of store.dataDir, where serve was given another one")
    .option("--json", "print JSON with fingerprint, names and dates")
    .addHelpText("after", help)
    .action(async (flags: TlsFlags) => await printCertificate(flags));
}

async function printCertificate(flags: TlsFlags): Promise<void> {
  const loaded = await configOf(flags);
  warn(loaded.warnings);
  if (loaded.config.server.tls === undefined) {
    throw new AppError("config_invalid", "The configuration has no server.tls.", {
      hint: 'Add `server: { tls: { listen: "127.0.0.1:8443" } }` to let Chartbell make a certificate.',
    });
  }
  const { certificateOptions } = await import("../app.ts");
  const { describeCertificate, readCertificate } = await import("../tls/certificates.ts");
  const server = await readCertificate(certificateOptions(loaded), new Date());
  const [trust, shown] = [describeCertificate({ certificate: server.trust }), describeCertificate(server)];
  if (flags.json === true) {
    printJson({ certificate: server.trust, ...trust, server: shown });
    return;
  }
  print(server.trust);
  progress(`Trust       ${trust.subject}, until ${trust.validUntil.slice(0, 10)}`);
  progress(`SHA-256     ${trust.fingerprint}`);
  progress(`The server  ${shown.names || shown.subject}, until ${shown.validUntil.slice(0, 10)}`);
  progress("How curl, Java, Ruby, Python, Go and Node are told: chartbell tls certificate --help");
}
