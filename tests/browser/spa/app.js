// Signs a person in with oidc-client-ts as its manual says: code flow with PKCE, a refresh token instead of an iframe.

const state = document.getElementById("state");
const shown = document.getElementById("shown");

function show(name, value) {
  shown.textContent = JSON.stringify(value ?? null);
  state.textContent = name;
}

async function start() {
  const settings = await (await fetch("/settings.json")).json();
  const manager = new oidc.UserManager({
    authority: settings.authority,
    client_id: settings.clientId,
    redirect_uri: `${location.origin}/callback`,
    post_logout_redirect_uri: `${location.origin}/signed-out`,
    response_type: "code",
    scope: "openid email profile",
    loadUserInfo: true,
    automaticSilentRenew: false,
  });
  const does = (id, act) =>
    document.getElementById(id).addEventListener("click", () =>
      act().catch((error) => show("refused", { name: error.name, message: error.message, error: error.error })),
    );
  does("sign-in", () => manager.signinRedirect());
  does("renew", async () => show("renewed", await manager.signinSilent()));
  does("ask", async () => {
    const user = await manager.getUser();
    const address = await manager.metadataService.getUserInfoEndpoint();
    const answer = await fetch(address, { headers: { Authorization: `Bearer ${user.access_token}` } });
    show("asked", { status: answer.status, claims: await answer.json() });
  });
  does("sign-out", () => manager.signoutRedirect());
  does("sign-out-cognito", async () => {
    await manager.removeUser();
    const query = new URLSearchParams({ client_id: settings.clientId, logout_uri: `${location.origin}/signed-out` });
    location.assign(`${new URL(settings.authority).origin}/logout?${query}`);
  });

  if (location.pathname === "/callback") {
    const user = await manager.signinCallback();
    history.replaceState({}, "", "/");
    show("signed in", user);
  } else {
    show(location.pathname === "/signed-out" ? "signed out" : "ready", await manager.getUser());
  }
}

start().catch((error) => show("refused", { name: error.name, message: error.message, error: error.error }));
