/** What `wrangler.jsonc` binds. */
export interface Env {
  /** One supervising object per app, by the app's name. */
  APPS: DurableObjectNamespace;
  /** One object, named "all", that knows the names of all apps. */
  DIRECTORY: DurableObjectNamespace;
  /** Turns source text into a running worker. */
  LOADER: WorkerLoader;
  REQUESTS_PER_MINUTE: number;
}
