// Runs models in ONNX Runtime (npm's onnxruntime-web) and prints the shapes of their outputs.
// Usage: node onnx_runtime.mjs FOLDER, with FOLDER/models.json: [{"file": ..., "feeds": {name: shape}}, ...].
// Prints a line of JSON for each: {"file": ..., "shapes": {name: shape}} or {"file": ..., "error": ...}.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join, resolve} from 'node:path';

const folder = resolve(process.argv[2]);
const ort = createRequire(join(folder, 'index.js'))('onnxruntime-web');
ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'fatal';

for (const {file, feeds} of JSON.parse(readFileSync(join(folder, 'models.json'), 'utf8'))) {
  const answer = {file};
  try {
    const session = await ort.InferenceSession.create(readFileSync(join(folder, file)), {
      graphOptimizationLevel: 'disabled', logSeverityLevel: 4});
    const tensors = {};
    for (const [name, shape] of Object.entries(feeds)) {
      const size = shape.reduce((a, b) => a * b, 1);
      tensors[name] = new ort.Tensor('float32', new Float32Array(size).fill(0.5), shape);
    }
    const results = await session.run(tensors);
    answer.shapes = Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, tensor.dims]));
    await session.release();
  } catch (error) {
    answer.error = String(error.message ?? error).slice(0, 300);
  }
  console.log(JSON.stringify(answer));
}
