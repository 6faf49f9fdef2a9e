import koffi from "koffi";

/** From whatever is loaded anyway; Windows has it in the library under all others. */
const memcpy = koffi
  .load(process.platform === "win32" ? "ntdll.dll" : null)
  .func("void memcpy(void *to, void *from, size_t length)");

/**
 * A copy of memory of a library. Not by `koffi.decode` with a length, which keeps some octets of each call.
 * @param pointer where it begins
 * @param length octets
 */
export function copy(pointer: unknown, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  if (length > 0) memcpy(bytes, pointer, length);
  return bytes;
}
