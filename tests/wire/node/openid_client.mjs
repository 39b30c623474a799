// openid-client through the whole flow. The argument is JSON; what happened is printed as JSON.

import * as client from "openid-client";
import { Visitor } from "./visitor.mjs";

const given = JSON.parse(process.argv[2]);
const authentication = { none: client.None, post: client.ClientSecretPost, basic: client.ClientSecretBasic }[given.method];
const config = await client.discovery(
  new URL(given.issuer),
  given.clientId,
  undefined,
  given.secret ? authentication(given.secret) : authentication(),
  { execute: [client.allowInsecureRequests] },
);
// Every signature is checked against the JWKS, also where TLS would vouch for it.
client.enableNonRepudiationChecks(config);

const visitor = new Visitor(new URL(given.issuer).origin);
const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const nonce = client.randomNonce();
const authorizeUrl = client.buildAuthorizationUrl(config, {
  redirect_uri: given.callback,
  scope: "openid email profile",
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
});

async function refusal(attempt) {
  try {
    await attempt();
    return null;
  } catch (error) {
    return error.error ?? error.code ?? error.message;
  }
}

const page = await visitor.open(authorizeUrl);
const landed = await visitor.submit(page, "sign_in", { username: given.username, password: given.password });
if (landed.text !== null) throw new Error(`not signed in: ${landed.status} ${landed.text}`);

const withoutIss = new URL(landed.url);
withoutIss.searchParams.delete("iss");
const withAnotherIss = new URL(landed.url);
withAnotherIss.searchParams.set("iss", `${given.issuer}x`);
const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
const missingIss = await refusal(() => client.authorizationCodeGrant(config, withoutIss, checks));
const otherIss = await refusal(() => client.authorizationCodeGrant(config, withAnotherIss, checks));
const wrongVerifier = await refusal(() =>
  client.authorizationCodeGrant(config, landed.url, { ...checks, pkceCodeVerifier: "x".repeat(43) }),
);

const tokens = await client.authorizationCodeGrant(config, landed.url, checks);
const claims = tokens.claims();
const info = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
const infoAgain = await client.fetchUserInfo(config, renewed.access_token, claims.sub);
await client.tokenRevocation(config, tokens.refresh_token);
const afterRevocation = await refusal(() => client.fetchUserInfo(config, tokens.access_token, claims.sub));
const refreshRefused = await refusal(() => client.refreshTokenGrant(config, tokens.refresh_token));

// A second code in the same browser, for another nonce than the application remembers.
const second = await visitor.open(authorizeUrl);
const wrongNonce = await refusal(() =>
  client.authorizationCodeGrant(config, second.url, { ...checks, expectedNonce: "another" }),
);
const out = await visitor.open(`/logout?client_id=${given.clientId}&logout_uri=${encodeURIComponent(given.loggedOut)}`);
const afterwards = await visitor.open(authorizeUrl);

console.log(
  JSON.stringify({
    supportsIss: config.serverMetadata().authorization_response_iss_parameter_supported,
    supportsPkce: config.serverMetadata().supportsPKCE(),
    nonceHeld: claims.nonce === nonce,
    claims,
    renewed: renewed.claims(),
    info,
    infoAgain,
    missingIss,
    otherIss,
    wrongVerifier,
    wrongNonce,
    afterRevocation,
    refreshRefused,
    silentSecondSignIn: second.text === null,
    out: out.url.href,
    afterwards: afterwards.url.pathname,
  }),
);
