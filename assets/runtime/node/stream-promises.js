// The module "node:stream/promises".

import { finishedPromise } from "./stream/finished.js";
import { pipelinePromise } from "./stream/pipeline.js";

const promises = { finished: finishedPromise, pipeline: pipelinePromise };

export { promises, finishedPromise as finished, pipelinePromise as pipeline };
export default promises;
