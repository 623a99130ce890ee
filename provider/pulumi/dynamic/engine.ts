/** The way back to the engine: messages on a resource's row, and leaving when the engine is gone. */

import { createRequire } from "node:module";
import type { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";

/** grpc's connectivity states; TRANSIENT_FAILURE: somebody was there before, and nobody answers now. */
const transientFailure = 3;

export class Engine {
  private constructor(private readonly client: EngineClient) {}

  /** The engine that started this process; undefined where there is none (tests, measurements). */
  static ofThisProcess(): Engine | undefined {
    // How the engine starts a provider: node, the launcher's script, its own address.
    const address = process.argv[2];
    if (address === undefined || !/^[\w.[\]:-]+:\d+$/.test(address)) return undefined;
    // Pulumi's own copy of grpc: another one's credentials are refused, and it is no dependency of ours.
    const ofPulumi = createRequire(require.resolve("@pulumi/pulumi"));
    const { credentials } = ofPulumi("@grpc/grpc-js") as typeof import("@grpc/grpc-js");
    const rpc = ofPulumi("./proto/engine_grpc_pb.js") as typeof import("@pulumi/pulumi/proto/engine_grpc_pb");
    return new Engine(new rpc.EngineClient(address, credentials.createInsecure()));
  }

  /** An information line on the row of the resource. Lost where the engine is. */
  inform(urn: string, message: string): void {
    this.log("INFO", urn, message);
  }

  /** A warning, on the row of the resource where that is known. Lost where the engine is. */
  warn(urn: string | undefined, message: string): void {
    this.log("WARNING", urn, message);
  }

  /** What is waited for, on the row of the resource: gone from a terminal when it is over. Lost where the engine is. */
  progress(urn: string | undefined, message: string): void {
    this.log("INFO", urn, message, true);
  }

  private log(severity: "INFO" | "WARNING", urn: string | undefined, message: string, ephemeral = false): void {
    const messages = createRequire(require.resolve("@pulumi/pulumi"))(
      "./proto/engine_pb.js",
    ) as typeof import("@pulumi/pulumi/proto/engine_pb");
    const request = new messages.LogRequest();
    request.setSeverity(messages.LogSeverity[severity]);
    request.setMessage(message);
    request.setUrn(urn ?? "");
    request.setEphemeral(ephemeral);
    this.client.log(request, () => undefined);
  }

  /** Calls back once the engine is gone: killed, or ended without telling us. */
  watch(gone: () => void): void {
    const channel = this.client.getChannel();
    const look = (): void => {
      const state = channel.getConnectivityState(true) as number;
      if (state >= transientFailure) return gone();
      channel.watchConnectivityState(state, Infinity, look);
    };
    look();
  }
}
