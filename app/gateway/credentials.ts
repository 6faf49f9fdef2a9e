import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** What one site's session shows to its gateway, by HTTP Basic (RFC 7617); made anew for each gateway. */
export interface GatewayCredentials {
  readonly realm: string;
  readonly username: string;
  readonly password: string;
}

/** 256 random bits each for the password and, so that no realm is like another, 64 for its name. */
export function createCredentials(): GatewayCredentials {
  return {
    realm: `countersign-${randomBytes(8).toString("hex")}`,
    username: "countersign",
    password: randomBytes(32).toString("base64url"),
  };
}

/** @returns a check of a Proxy-Authorization value that takes the same time whatever it is given. */
export function credentialsCheck({ username, password }: GatewayCredentials): (authorization?: string) => boolean {
  const expected = digest(Buffer.from(`${username}:${password}`).toString("base64"));
  return (authorization = "") => {
    const [, token = ""] = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization) ?? [];
    return timingSafeEqual(digest(token), expected);
  };
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
