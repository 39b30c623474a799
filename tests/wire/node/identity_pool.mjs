// The AWS SDK for JavaScript with fromCognitoIdentityPool, as a browser application uses it: only endpoints differ.
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { fromCognitoIdentityPool } from '@aws-sdk/credential-providers'

const { server, gateway, identityPool, provider, token, bucket } = JSON.parse(process.argv[2])
const region = 'us-east-1'

function storeOf (logins) {
  const credentials = fromCognitoIdentityPool({
    identityPoolId: identityPool,
    logins,
    clientConfig: { region, endpoint: server }
  })
  return { credentials, s3: new S3Client({ region, endpoint: gateway, forcePathStyle: true, credentials }) }
}

async function said (promise) {
  try {
    const answer = await promise
    // A body that nobody reads would keep its connection, and with it this process.
    await answer.Body?.transformToByteArray()
    return 'success'
  } catch (error) {
    return error.name
  }
}

const told = {}
const user = storeOf({ [provider]: token })
const { identityId, accessKeyId, expiration } = await user.credentials()
told.identityId = identityId
told.accessKeyId = accessKeyId
told.expires = expiration.getTime()
const Key = `${identityId}/spaced name+ü.txt`
told.put = await said(user.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'mine' })))
const found = await user.s3.send(new GetObjectCommand({ Bucket: bucket, Key }))
told.got = await found.Body.transformToString()
const listed = await user.s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `${identityId}/` }))
told.listed = listed.Contents.map(({ Key: name }) => name)
told.others = await said(user.s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'us-east-1:other/x' })))
told.all = await said(user.s3.send(new ListObjectsV2Command({ Bucket: bucket })))

const guest = storeOf(undefined)
told.guestPicture = await said(guest.s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'assets/my_picture.jpg' })))
told.guestOther = await said(guest.s3.send(new GetObjectCommand({ Bucket: bucket, Key })))
told.forged = await said(storeOf({ [provider]: `${token}x` }).credentials())
console.log(JSON.stringify(told))
