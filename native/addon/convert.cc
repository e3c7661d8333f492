#include "addon/convert.h"

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

// binding.d.ts: ParameterRow
ParameterRow read_parameter_row(Napi::Value value) {
  Napi::Object from = as_object(value, "a parameter");
  ParameterRow row;
  row.name = read_string(from, "name");
  row.file = static_cast<size_t>(read_integer(from, "file"));
  row.type = read_stored_type(from, "type");
  row.shape = read_integers(from, "shape");
  row.strided = !from.Get("strides").IsUndefined();
  if (row.strided) row.strides = read_integers(from, "strides");
  row.offset = static_cast<uint64_t>(read_integer(from, "offset"));
  if (row.strided && row.strides.size() != row.shape.size()) {
    throw coded(Napi::TypeError::New(from.Env(), "Expected as many strides as dimensions for " + row.name),
                "ERR_INVALID_ARG_VALUE");
  }
  return row;
}

}  // namespace

// binding.d.ts: EngineOptions
EngineOptions read_engine_options(Napi::Value value) {
  Napi::Object from = as_object(value, "options");
  EngineOptions options;
  options.libraries = read_strings(from, "libraries");
  options.companions = read_strings(from, "companions");
  options.engine = read_string(from, "engine");
  options.any_version = read_boolean(from, "anyVersion");
  return options;
}

// binding.d.ts: ProgramOptions
ProgramOptions read_program_options(Napi::Value value) {
  Napi::Object from = as_object(value, "options");
  ProgramOptions options;
  options.graph = read_string(from, "graph");
  options.methods = read_strings(from, "methods");
  options.files = read_strings(from, "files");
  Napi::Array rows = read_array(from, "parameters");
  for (uint32_t i = 0; i < rows.Length(); i++) options.parameters.push_back(read_parameter_row(rows.Get(i)));
  options.device = read_string(from, "device");
  options.precision = read_precision(from, "precision");
  options.threads = static_cast<int32_t>(std::min<int64_t>(read_integer(from, "threads"), 4096));
  return options;
}

// binding.d.ts: Tensor
TensorCopy read_tensor(Napi::Value value) {
  Napi::Object from = as_object(value, "a tensor");
  TensorCopy tensor;
  tensor.type = read_element_type(from, "type");
  tensor.dims = read_integers(from, "dims");
  Napi::TypedArray data = read_typed_array(from, "data");
  if (data.TypedArrayType() != array_type(tensor.type)) {
    throw coded(Napi::TypeError::New(from.Env(), "The typed array of a tensor does not match its type"),
                "ERR_INVALID_ARG_TYPE");
  }
  if (product(tensor.dims) != static_cast<int64_t>(data.ElementLength())) {
    throw coded(
        Napi::RangeError::New(from.Env(), "The dims of a tensor do not multiply to the length of its data, " +
                                              std::to_string(data.ElementLength())),
        "ERR_OUT_OF_RANGE");
  }
  void* bytes = nullptr;
  napi_status status = napi_get_typedarray_info(from.Env(), data, nullptr, nullptr, &bytes, nullptr, nullptr);
  NAPI_THROW_IF_FAILED_VOID(from.Env(), status);
  tensor.bytes.assign(static_cast<char*>(bytes), static_cast<char*>(bytes) + data.ByteLength());
  return tensor;
}

std::vector<TensorCopy> read_tensors(Napi::Value value) {
  Napi::Array array = as_array(value, "inputs");
  std::vector<TensorCopy> tensors;
  for (uint32_t i = 0; i < array.Length(); i++) tensors.push_back(read_tensor(array.Get(i)));
  return tensors;
}

// binding.d.ts: EngineInfo
Napi::Value write_engine_info(Napi::Env env, const LoadedEngine& engine) {
  Napi::Object to = Napi::Object::New(env);
  to.Set("libtorch", Napi::String::New(env, engine.libtorch));
  to.Set("directory", Napi::String::New(env, engine.directory));
  to.Set("compiledFor", Napi::String::New(env, engine.table->compiled_for));
  to.Set("cuda", Napi::Boolean::New(env, engine.devices.size() > 1));
  return to;
}

// binding.d.ts: Device
Napi::Value write_device(Napi::Env env, const DeviceInfo& device) {
  Napi::Object to = Napi::Object::New(env);
  to.Set("id", Napi::String::New(env, device.id));
  to.Set("name", Napi::String::New(env, device.name));
  to.Set("totalMemory", Napi::Number::New(env, static_cast<double>(device.total_memory)));
  return to;
}

// binding.d.ts: Tensor
Napi::Value write_tensor(Napi::Env env, const TensorView& tensor) {
  Napi::Array dims = Napi::Array::New(env, tensor.rank);
  size_t length = 1;
  for (size_t i = 0; i < tensor.rank; i++) {
    dims.Set(static_cast<uint32_t>(i), Napi::Number::New(env, static_cast<double>(tensor.dims[i])));
    length *= static_cast<size_t>(tensor.dims[i]);
  }
  Napi::Float32Array data = Napi::Float32Array::New(env, length);
  if (length > 0) std::memcpy(data.Data(), tensor.data, length * sizeof(float));
  Napi::Object to = Napi::Object::New(env);
  to.Set("type", Napi::String::New(env, "float32"));
  to.Set("dims", dims);
  to.Set("data", data);
  return to;
}

}  // namespace biovil
