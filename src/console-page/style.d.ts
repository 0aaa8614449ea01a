// The sheet as a text: the build puts it into the page. Knows nothing of what stands in it.
declare module '*.css' {
  const text: string;
  export default text;
}
