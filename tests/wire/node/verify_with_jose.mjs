// jose, as an API in front of which no gateway stands would use it. The argument is JSON; what it found is printed as JSON.

import { createRemoteJWKSet, jwtVerify } from "jose";

const given = JSON.parse(process.argv[2]);
const keys = createRemoteJWKSet(new URL(given.jwksUri));
const results = [];
for (const { token, audience, required } of given.tokens) {
  try {
    const options = { issuer: given.issuer, algorithms: ["RS256"], requiredClaims: required ?? [] };
    const { payload, protectedHeader } = await jwtVerify(token, keys, audience ? { ...options, audience } : options);
    results.push({ payload, kid: protectedHeader.kid });
  } catch (error) {
    results.push({ refused: error.code });
  }
}
console.log(JSON.stringify(results));
