/** Whether a thing runs, and is started with its host: said in every preview, so that it is owned and mended. Pure. */

export interface Power {
  readonly running?: boolean;
  readonly autostart?: boolean;
}

/**
 * The defaults of both; what was adopted keeps whatever it has until somebody says otherwise, also when the program stops
 * saying that it was.
 */
export function powerOf(
  inputs: Power & { readonly adopt?: boolean | undefined },
  autostart: boolean,
  old: Power | undefined,
): Power {
  const wasLeft = old !== undefined && old.running === undefined && old.autostart === undefined;
  if (inputs.adopt === true || wasLeft) return {};
  return { running: inputs.running ?? true, autostart: inputs.autostart ?? autostart };
}
