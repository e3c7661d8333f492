#include "addon/program_jobs.h"

namespace biovil {
namespace {

std::vector<const char*> pointers(const std::vector<std::string>& strings) {
  std::vector<const char*> result;
  for (const std::string& string : strings) result.push_back(string.c_str());
  return result;
}

}  // namespace

LoadedProgram::LoadedProgram(const Engine* engine, const ProgramOptions& options) : engine_(engine) {
  std::vector<Parameter> parameters;
  for (const ParameterRow& row : options.parameters) {
    parameters.push_back({row.name.c_str(), row.file, row.type, row.shape.data(),
                          row.strided ? row.strides.data() : nullptr, row.shape.size(), row.offset});
  }
  std::vector<const char*> methods = pointers(options.methods);
  std::vector<const char*> files = pointers(options.files);
  ProgramSpec spec = {options.graph.c_str(), methods.data(),         methods.size(),
                      files.data(),          files.size(),           parameters.data(),
                      parameters.size(),     options.device.c_str(), options.precision};
  Failure failure = {};
  if (options.threads > 0 && options.device == "cpu" && !engine->set_threads(options.threads, &failure)) {
    throw CodedError(failure);
  }
  program_ = engine->load(&spec, &failure);
  if (program_ == nullptr) throw CodedError(failure);
}

LoadedProgram::Results LoadedProgram::run(const std::string& method, const std::vector<TensorCopy>& inputs) {
  std::vector<TensorView> views;
  for (const TensorCopy& input : inputs) views.push_back(input.view());
  Failure failure = {};
  Results results(engine_->run(program_, method.c_str(), views.data(), views.size(), &failure),
                  engine_->free_results);
  if (results == nullptr) throw CodedError(failure);
  return results;
}

void RunJob::work() { results_ = program_->run(method_, inputs_); }

Napi::Value RunJob::result(Napi::Env env) {
  const Engine* engine = program_->engine();
  size_t count = engine->result_count(results_.get());
  Napi::Array tensors = Napi::Array::New(env, count);
  for (size_t i = 0; i < count; i++) {
    tensors.Set(static_cast<uint32_t>(i), write_tensor(env, engine->result(results_.get(), i)));
  }
  return tensors;
}

}  // namespace biovil
