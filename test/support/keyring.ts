/** A private bus and an unlocked gnome-keyring for tests; what it does is described where it is written. */
export { type Keyring, startKeyring } from "../../build/desktop/keyring.mjs";
