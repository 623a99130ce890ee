/** The options of a resource: what would break its stack is refused, before the engine hears of it. */

import * as pulumi from "@pulumi/pulumi";

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
};

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
  const secret = options.additionalSecretOutputs ?? [];
  return {
    ...options,
    deleteBeforeReplace: true,
    ...(options.ignoreChanges === undefined ? {} : { ignoreChanges: spelledOut(options.ignoreChanges, fields) }),
    ...(secret.some((each) => facts.includes(each)) ? { additionalSecretOutputs: [...secret, hiddenFacts] } : {}),
  };
}

/** All of the fields by their names: `*` would mean the hidden inputs as well, and the handlers would be sent old ones. */
function spelledOut(paths: readonly string[], fields: readonly string[]): string[] {
  return paths.flatMap((path) => (path === "*" ? fields : [path]));
}
