/** The options of a resource: what would break its stack is refused, before the engine hears of it. */

import * as pulumi from "@pulumi/pulumi";
import { typeOf } from "./stated";

/** Why an option cannot be had, and what to do instead. */
const refusals: Readonly<Record<string, string>> = {
  import:
    "Pulumi hands no inputs to a dynamic provider on import. Take over what exists with the argument adopt: true, and look at the preview.",
  id: "an existing resource cannot be read by its id. Take it over with the argument adopt: true, or name it where it is used: { host, name }.",
  urn: "a resource of another stack cannot be read by its URN. Use a StackReference to that stack's outputs.",
  version:
    "the provider is the package pulumi-virt that is installed beside the program; its version stands in package.json.",
  pluginDownloadURL:
    "the provider is the package pulumi-virt that is installed beside the program; nothing is downloaded.",
  provider: "a Host says where a resource is, and there is no provider to be configured. Give it the argument host.",
  providers: "a Host says where a resource is, and there is no provider to be configured. Give it the argument host.",
};

/** Options that do no harm, and not what they promise. */
const withoutEffect: Readonly<Record<string, string>> = {
  customTimeouts:
    "Pulumi does not hand it to a dynamic provider. How long a Guest is waited for say shutdownTimeoutSeconds and waitForTimeoutSeconds.",
};

/** Inputs that only steer the provider: out of sight in lists, and in differences only if asked for (`hideDiffs`). */
const hiddenInputs = ["__changes", "__order", "__secrets", "__urn"];

/** Facts travel in one hidden output (dynamic.ts), so a secret among them makes a secret of all. */
const hiddenFacts = "__facts";

export function checkedOptions(
  place: string,
  options: pulumi.CustomResourceOptions,
  facts: readonly string[],
  fields: readonly string[],
): pulumi.CustomResourceOptions {
  for (const [name, reason] of Object.entries(refusals)) {
    if (options[name as keyof pulumi.CustomResourceOptions] !== undefined) {
      throw new pulumi.RunError(`${place}: the option ${name} cannot be used here: ${reason}`);
    }
  }
  if (options.deleteBeforeReplace === false) {
    throw new pulumi.RunError(
      `${place}: the option deleteBeforeReplace: false cannot be used here: what replaces a resource has the same identity on the host, ` +
        "so deleting the old one afterwards would delete the new one. Leave the option out.",
    );
  }
  refuseToStrand(place, options);
  for (const [name, reason] of Object.entries(withoutEffect)) {
    if (options[name as keyof pulumi.CustomResourceOptions] === undefined) continue;
    void pulumi.log.warn(`${place}: the option ${name} has no effect: ${reason}`);
  }
  const { additionalSecretOutputs: secret = [], hideDiffs = [], ignoreChanges, replaceOnChanges } = options;
  return {
    ...options,
    deleteBeforeReplace: true,
    hideDiffs: [...hideDiffs, ...hiddenInputs],
    ...(ignoreChanges === undefined ? {} : { ignoreChanges: spelledOut(ignoreChanges, fields) }),
    ...(replaceOnChanges === undefined ? {} : { replaceOnChanges: spelledOut(replaceOnChanges, fields) }),
    ...(secret.some((each) => facts.includes(each)) ? { additionalSecretOutputs: [...secret, hiddenFacts] } : {}),
  };
}

/** Nothing of ours takes another object along when it is deleted: Pulumi would forget what is still on the host. */
function refuseToStrand(place: string, { deletedWith }: pulumi.CustomResourceOptions): void {
  const { __pulumiType: type = "" } = (deletedWith ?? {}) as { __pulumiType?: string };
  if (!type.startsWith(typeOf(""))) return;
  throw new pulumi.RunError(
    `${place}: the option deletedWith cannot name a ${type.slice(typeOf("").length)}: deleting that one deletes nothing else on the host, ` +
      "and this resource would stay there, forgotten. Leave the option out, or name what the whole host goes with.",
  );
}

/**
 * All of the fields by their names: `*` would mean the hidden inputs as well. The handlers would be sent old ones, and
 * another name in the program, which its alias makes up for, would replace the resource.
 */
function spelledOut(paths: readonly string[], fields: readonly string[]): string[] {
  return paths.flatMap((path) => (path === "*" ? fields : [path]));
}
