export default async function tearDown() {
  await globalThis.registryUnderTest?.stop();
}
