/** Parts of node-forge that load in a tenth of the whole's time; their types are those of the whole. */
declare module "node-forge/lib/asn1.js" {
  const asn1: typeof import("node-forge").asn1;
  export = asn1;
}

declare module "node-forge/lib/util.js" {
  const util: typeof import("node-forge").util;
  export = util;
}
