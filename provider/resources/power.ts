/** Whether a thing runs, and is started with its host: said in every preview, so that it is owned and mended. Pure. */

export interface Power {
  readonly running?: boolean;
  readonly autostart?: boolean;
}

/** The defaults of both; what is adopted keeps whatever it has until somebody says otherwise. */
export function powerOf(inputs: Power & { readonly adopt?: boolean }, autostart: boolean): Power {
  if (inputs.adopt === true) return {};
  return { running: inputs.running ?? true, autostart: inputs.autostart ?? autostart };
}
