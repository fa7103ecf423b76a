// A real OpenID provider, for test_identity.py: `node identity_provider.mjs PORT CALLBACK LOGOUT`. What its directory
// says of people is set by PUT /people; who sits at the browser by PUT /browser, so that nobody has to type.
import { Provider } from "oidc-provider";

const [port, callback, logout] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
let people = {};
let browser = "";
let tokens = 0; // asked for

const provider = new Provider(issuer, {
  clients: [{
    client_id: "factcheck",
    client_secret: "a-secret-of-the-tests",
    redirect_uris: callback.split(","),
    grant_types: ["authorization_code", "refresh_token"],
    backchannel_logout_uri: logout,
  }],
  claims: { openid: ["sub"], profile: ["name", "preferred_username", "given_name", "family_name"], staff: ["roles", "realm_access", "email"] },
  features: { backchannelLogout: { enabled: true }, devInteractions: { enabled: false } },
  pkce: { required: () => true },
  cookies: { keys: ["tests"] },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  fetch: (url, { dispatcher, ...options }) => fetch(url, options), // its own refuses loopback addresses
  issueRefreshToken: async () => true,
  conformIdTokenClaims: false,
  ttl: { Session: 3600, Grant: 3600, Interaction: 600, IdToken: 3600, AccessToken: 3600, RefreshToken: 3600, AuthorizationCode: 60 },
  findAccount: (_, sub) => people[sub] && { accountId: sub, claims: () => ({ sub, ...people[sub] }) },
});

const grantOf = async (sub) => {
  const grant = new provider.Grant({ accountId: sub, clientId: "factcheck" });
  grant.addOIDCScope("openid profile staff");
  return grant.save();
};

provider.use(async (ctx, next) => {
  const body = async () => {
    const parts = [];
    for await (const part of ctx.req) parts.push(part);
    return JSON.parse(Buffer.concat(parts).toString());
  };
  if (ctx.path === "/people") {
    people = await body();
    ctx.status = 204;
  } else if (ctx.path === "/browser") {
    browser = await body();
    ctx.status = 204;
  } else if (ctx.path === "/logout-of-all") { // as an admin of the provider ends somebody's sessions
    const { sub } = await body();
    const client = await provider.Client.find("factcheck");
    await client.backchannelLogout(sub, "a-session-of-the-provider");
    ctx.status = 204;
  } else if (ctx.path.startsWith("/interaction/")) {
    const result = people[browser]
      ? { login: { accountId: browser }, consent: { grantId: await grantOf(browser) } }
      : { error: "access_denied", error_description: "Nobody <b>wanted</b> to log in." };
    await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
    ctx.respond = false;
  } else if (ctx.path === "/asked") {
    ctx.body = { tokens };
  } else {
    tokens += ctx.path === "/token";
    await next();
    // As some say, though they sign: what is not signed must not be believed.
    ctx.body?.id_token_signing_alg_values_supported?.push("none");
  }
});
provider.on("server_error", (_, error) => console.error(error));
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
