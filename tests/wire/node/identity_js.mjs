// amazon-cognito-identity-js, as an application uses it: SRP sign-in, devices, TOTP, refresh, global sign-out. Prints what it saw.
import { AuthenticationDetails, CognitoUser, CognitoUserAttribute, CognitoUserPool } from 'amazon-cognito-identity-js'

import { memory, totp } from './totp.mjs'

const given = JSON.parse(process.argv[2])
const told = {}
const Storage = memory()
const Pool = new CognitoUserPool({ UserPoolId: given.pool, ClientId: given.client, endpoint: given.endpoint, Storage })

const newUser = () => new CognitoUser({ Username: given.username, Pool, Storage })

// Every callback of the library resolves with its own name, so that a test sees which way a sign-in went.
function signIn(user, password) {
  return new Promise((resolve) => {
    const way = (name) => (...values) => resolve({ way: name, values })
    user.authenticateUser(new AuthenticationDetails({ Username: given.username, Password: password }), {
      onSuccess: (session, confirmationNecessary) => resolve({ way: 'success', session, confirmationNecessary }),
      onFailure: (error) => resolve({ way: 'failure', code: error.code, message: error.message }),
      totpRequired: way('totp'),
      mfaSetup: way('mfaSetup'),
      mfaRequired: way('sms'),
      newPasswordRequired: way('newPassword'),
      selectMFAType: way('select'),
    })
  })
}

const called = (user, name, ...args) =>
  new Promise((resolve) => {
    user[name](...args, (error, value) => resolve(error ? { code: error.code, message: error.message } : value ?? null))
  })

const handled = (user, name, ...args) =>
  new Promise((resolve) => {
    user[name](...args, {
      onSuccess: (value) => resolve(value ?? 'ok'),
      onFailure: (error) => resolve({ code: error.code, message: error.message }),
      associateSecretCode: (secret) => resolve(secret),
    })
  })

const refused = await signIn(newUser(), 'Wrong-horse-7-battery')
told.wrongPassword = [refused.way, refused.code, refused.message]

const user = newUser()
const first = await signIn(user, given.password)
told.first = first.way
told.scope = first.session.getAccessToken().payload.scope
told.tokenUse = [first.session.getAccessToken().payload.token_use, first.session.getIdToken().payload.token_use]
told.email = first.session.getIdToken().payload.email
told.deviceKey = first.session.getAccessToken().payload.device_key ?? null
told.confirmationNecessary = first.confirmationNecessary
told.attributes = Object.fromEntries((await called(user, 'getUserAttributes')).map((a) => [a.getName(), a.getValue()]))
told.updated = await called(user, 'updateAttributes', [new CognitoUserAttribute({ Name: 'nickname', Value: 'Jo' })])
told.remembered = await handled(user, 'setDeviceStatusRemembered')

const secret = await handled(user, 'associateSoftwareToken')
const wrong = await handled(user, 'verifySoftwareToken', '000000', 'phone')
told.wrongTotp = wrong.code
told.totpVerified = (await handled(user, 'verifySoftwareToken', totp(secret), 'phone')).Status
told.preference = await called(user, 'setUserMfaPreference', null, { Enabled: true, PreferredMfa: true })

const refreshed = await called(user, 'refreshSession', first.session.getRefreshToken())
told.refreshed = refreshed.getAccessToken?.().payload.sub === first.session.getAccessToken().payload.sub

// The remembered device stands for the second factor.
user.signOut()
const again = newUser()
const trusted = await signIn(again, given.password)
told.onTrustedDevice = trusted.way

// A browser that nobody knows is asked for the code.
const elsewhere = new CognitoUserPool({
  UserPoolId: given.pool, ClientId: given.client, endpoint: given.endpoint, Storage: memory(),
})
const stranger = new CognitoUser({ Username: given.username, Pool: elsewhere, Storage: memory() })
const asked = await signIn(stranger, given.password)
told.elsewhere = asked.way
const answered = (code) =>
  new Promise((resolve) => {
    stranger.sendMFACode(code, {
      onSuccess: (session) => resolve({ way: 'success', session }),
      onFailure: (error) => resolve({ way: 'failure', code: error.code }),
    }, 'SOFTWARE_TOKEN_MFA')
  })
told.badCode = (await answered('000000')).code
// The code of the set-up is spent, so the next one is shown.
const second = await answered(totp(secret, 1))
told.secondFactor = second.way

told.passwordChanged = await called(stranger, 'changePassword', given.password, given.nextPassword)
told.signedOut = await handled(stranger, 'globalSignOut')
const late = await called(again, 'getUserAttributes')
told.afterGlobalSignOut = late.code

console.log(JSON.stringify(told))
