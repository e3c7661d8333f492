#include "addon/program_jobs.h"

#include <algorithm>
#include <cstring>

#include "addon/read.h"

namespace biovil {
namespace {

napi_typedarray_type array_type(ElementType type) {
  switch (type) {
    case ElementType::kFloat32:
      return napi_float32_array;
    case ElementType::kInt32:
      return napi_int32_array;
    case ElementType::kUint8:
      return napi_uint8_array;
  }
  return napi_uint8_array;
}

/// The product, or -1 where it exceeds what any array can hold.
int64_t product(const std::vector<int64_t>& dims) {
  int64_t result = 1;
  for (int64_t dim : dims) {
    if (__builtin_mul_overflow(result, dim, &result)) return -1;
  }
  return result;
}

TensorCopy copy_tensor(const Tensor& tensor) {
  Napi::Env env = tensor.data.Env();
  napi_typedarray_type type;
  size_t length = 0;
  void* bytes = nullptr;
  // Now and not when it was read: a getter that ran since may have taken or shrunk its memory.
  NAPI_THROW_IF_FAILED(
      env, napi_get_typedarray_info(env, tensor.data, &type, &length, &bytes, nullptr, nullptr), {});
  if (type != array_type(tensor.type)) {
    throw coded(Napi::TypeError::New(env, "The typed array of a tensor does not match its type"),
                "ERR_INVALID_ARG_TYPE");
  }
  if (product(tensor.dims) != static_cast<int64_t>(length)) {
    throw coded(
        Napi::RangeError::New(
            env, "The dims of a tensor do not multiply to the length of its data, " + std::to_string(length)),
        "ERR_OUT_OF_RANGE");
  }
  auto* begin = static_cast<const char*>(bytes);
  return {tensor.type, tensor.dims, {begin, begin + length * tensor.data.ElementSize()}};
}

Tensor make_tensor(Napi::Env env, const TensorView& view) {
  size_t length = 1;
  for (size_t i = 0; i < view.rank; i++) length *= static_cast<size_t>(view.dims[i]);
  Napi::Float32Array data = Napi::Float32Array::New(env, length);
  if (length > 0) std::memcpy(data.Data(), view.data, length * sizeof(float));
  return {ElementType::kFloat32, {view.dims, view.dims + view.rank}, data};
}

std::vector<const char*> pointers(const std::vector<std::string>& strings) {
  std::vector<const char*> result;
  for (const std::string& string : strings) result.push_back(string.c_str());
  return result;
}

}  // namespace

std::vector<TensorCopy> copy_tensors(const std::vector<Tensor>& tensors) {
  std::vector<TensorCopy> copies;
  for (const Tensor& tensor : tensors) copies.push_back(copy_tensor(tensor));
  return copies;
}

LoadedProgram::LoadedProgram(const Engine* engine, const ProgramOptions& options) : engine_(engine) {
  std::vector<Parameter> parameters;
  for (const ParameterRow& row : options.parameters) {
    parameters.push_back({row.name.c_str(), static_cast<size_t>(row.file), row.type, row.shape.data(),
                          row.strides ? row.strides->data() : nullptr, row.shape.size(),
                          static_cast<uint64_t>(row.offset)});
  }
  std::vector<WeightSource> files;
  for (const WeightFile& file : options.files) {
    files.push_back({file.path.c_str(), file.identity ? file.identity->c_str() : nullptr});
  }
  std::vector<const char*> methods = pointers(options.methods);
  ProgramSpec spec = {};
  spec.graph = options.graph.c_str();
  spec.methods = methods.data();
  spec.method_count = methods.size();
  spec.files = files.data();
  spec.file_count = files.size();
  spec.parameters = parameters.data();
  spec.parameter_count = parameters.size();
  spec.device = options.device.c_str();
  spec.precision = options.precision;
  spec.allow_non_finite = options.allow_non_finite;
  Failure failure = {};
  const auto threads = static_cast<int32_t>(std::min<int64_t>(options.threads, 4096));
  if (threads > 0 && options.device == "cpu" && !engine->set_threads(threads, &failure)) {
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

std::vector<Tensor> RunJob::value(Napi::Env env) {
  const Engine* engine = program_->engine();
  std::vector<Tensor> tensors;
  for (size_t i = 0; i < engine->result_count(results_.get()); i++) {
    tensors.push_back(make_tensor(env, engine->result(results_.get(), i)));
  }
  return tensors;
}

}  // namespace biovil
