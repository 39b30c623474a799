// Amplify v6, as a browser application uses it: SRP, TOTP, attributes, refresh, sign-out everywhere. Prints what it saw.
import {
  confirmSignIn, confirmSignUp, fetchAuthSession, fetchDevices, fetchUserAttributes, getCurrentUser, setUpTOTP, signIn, signOut,
  signUp, updateMFAPreference, updatePassword, updateUserAttribute, verifyTOTPSetup,
} from '@aws-amplify/auth'
import { cognitoUserPoolsTokenProvider } from '@aws-amplify/auth/cognito'
import { Amplify } from '@aws-amplify/core'

import { totp } from './totp.mjs'

const given = JSON.parse(process.argv[2])
const told = {}
const Auth = {
  Cognito: { userPoolId: given.pool, userPoolClientId: given.client, userPoolEndpoint: given.endpoint },
}
cognitoUserPoolsTokenProvider.setAuthConfig(Auth)
Amplify.configure({ Auth }, { Auth: { tokenProvider: cognitoUserPoolsTokenProvider } })

const refusal = (promise) => promise.then(() => 'accepted', (error) => error.name)
const { username, password } = given

told.wrongPassword = await refusal(signIn({ username, password: 'Wrong-horse-7-battery' }))
told.first = (await signIn({ username, password })).nextStep.signInStep
const session = await fetchAuthSession()
told.scope = session.tokens.accessToken.payload.scope
told.currentUser = (await getCurrentUser()).userId === session.tokens.idToken.payload.sub
told.attributes = await fetchUserAttributes()
told.changed = (await updateUserAttribute({ userAttribute: { attributeKey: 'nickname', value: 'Jo' } })).isUpdated
const setUp = await setUpTOTP()
told.wrongTotp = await refusal(verifyTOTPSetup({ code: '000000' }))
await verifyTOTPSetup({ code: totp(setUp.sharedSecret) })
await updateMFAPreference({ totp: 'PREFERRED' })
const renewed = await fetchAuthSession({ forceRefresh: true })
told.refreshed = renewed.tokens.accessToken.toString() !== session.tokens.accessToken.toString()
told.devices = (await fetchDevices()).length
await signOut()
told.signedOut = await refusal(getCurrentUser())

told.second = (await signIn({ username, password })).nextStep.signInStep
told.badCode = await refusal(confirmSignIn({ challengeResponse: '000000' }))
told.confirmed = (await confirmSignIn({ challengeResponse: totp(setUp.sharedSecret, 1) })).nextStep.signInStep
await updatePassword({ oldPassword: password, newPassword: given.nextPassword })
await signOut({ global: true })

// By password in the clear, which the client allows too, and by choice.
await signIn({ username: given.other, password, options: { authFlowType: 'USER_PASSWORD_AUTH' } })
told.plain = (await getCurrentUser()).signInDetails.loginId === given.other
await signOut()
const open = await signIn({ username: given.other, options: { authFlowType: 'USER_AUTH' } })
told.choice = [open.nextStep.signInStep, open.nextStep.availableChallenges]
const bySrp = { authFlowType: 'USER_AUTH', preferredChallenge: 'PASSWORD_SRP' }
told.chosen = (await signIn({ username: given.other, password, options: bySrp })).nextStep.signInStep
await signOut()

told.signUp = (await signUp({ username: given.fresh, password, options: { userAttributes: { email: given.fresh } } })).nextStep.signUpStep
told.wrongConfirmation = await refusal(confirmSignUp({ username: given.fresh, confirmationCode: '000000' }))

console.log(JSON.stringify(told))
