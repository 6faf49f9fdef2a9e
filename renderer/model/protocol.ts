/** A TLS version as the standards write it: `TLS 1.3` for the library's `TLSv1.3`. */
export function protocolName(protocol: string): string {
  return protocol.replace(/^TLSv/, "TLS ");
}
