// Generated from binding.d.ts by `npm run format`; do not edit.
// clang-format off
#include "addon/contract.h"

#include "addon/call.h"
#include "addon/read.h"
#include "addon/write.h"

namespace biovil {
namespace {

constexpr Literal<ElementType> kElementTypeLiterals[] = {
    {"float32", ElementType::kFloat32},
    {"int32", ElementType::kInt32},
    {"uint8", ElementType::kUint8},
};

constexpr Literal<StoredType> kPrecisionLiterals[] = {
    {"float32", StoredType::kFloat32},
    {"float16", StoredType::kFloat16},
    {"bfloat16", StoredType::kBfloat16},
};

constexpr Literal<StoredType> kStoredTypeLiterals[] = {
    {"float32", StoredType::kFloat32},
    {"float16", StoredType::kFloat16},
    {"bfloat16", StoredType::kBfloat16},
    {"float64", StoredType::kFloat64},
    {"int64", StoredType::kInt64},
};

}  // namespace

static void read(Napi::Value value, const char* what, Tensor& to) {
  Napi::Object from = as_object(value, what);
  read(own(from, "type"), "type", to.type, kElementTypeLiterals);
  read(own(from, "dims"), "dims", to.dims);
  read(own(from, "data"), "data", to.data, {napi_float32_array, napi_int32_array, napi_uint8_array});
}

static void read(Napi::Value value, const char* what, EngineOptions& to) {
  Napi::Object from = as_object(value, what);
  read(own(from, "libraries"), "libraries", to.libraries);
  read(own(from, "companions"), "companions", to.companions);
  read(own(from, "engine"), "engine", to.engine);
  read(own(from, "anyVersion"), "anyVersion", to.any_version);
}

static void read(Napi::Value value, const char* what, WeightFile& to) {
  Napi::Object from = as_object(value, what);
  read(own(from, "path"), "path", to.path);
  read_optional(own(from, "identity"), "identity", to.identity);
}

static void read(Napi::Value value, const char* what, ParameterRow& to) {
  Napi::Object from = as_object(value, what);
  read(own(from, "name"), "name", to.name);
  read(own(from, "file"), "file", to.file);
  read(own(from, "type"), "type", to.type, kStoredTypeLiterals);
  read(own(from, "shape"), "shape", to.shape);
  read_optional(own(from, "strides"), "strides", to.strides);
  read(own(from, "offset"), "offset", to.offset);
}

static void read(Napi::Value value, const char* what, ProgramOptions& to) {
  Napi::Object from = as_object(value, what);
  read(own(from, "graph"), "graph", to.graph);
  read(own(from, "methods"), "methods", to.methods);
  read(own(from, "files"), "files", to.files);
  read(own(from, "parameters"), "parameters", to.parameters);
  read(own(from, "device"), "device", to.device);
  read(own(from, "precision"), "precision", to.precision, kPrecisionLiterals);
  read(own(from, "allowNonFinite"), "allowNonFinite", to.allow_non_finite);
  read(own(from, "threads"), "threads", to.threads);
}

static void read(Napi::Value value, const char* what, FilmOptions& to) {
  Napi::Object from = as_object(value, what);
  read(own(from, "width"), "width", to.width);
  read(own(from, "height"), "height", to.height);
  read(own(from, "channels"), "channels", to.channels);
  read(own(from, "resize"), "resize", to.resize);
  read(own(from, "crop"), "crop", to.crop);
  read(own(from, "film"), "film", to.film);
  read(own(from, "percentiles"), "percentiles", to.percentiles, {napi_float64_array});
}

namespace {

Queued<EngineInfo> do_load_engine(const Napi::CallbackInfo& info) {
  EngineOptions options{};
  read(info[0], "options", options);
  return Exports::load_engine(info.Env(), std::move(options));
}
napi_value call_load_engine(napi_env env, napi_callback_info raw) {
  return returned(env, raw, [](const Napi::CallbackInfo& info) {
    return promised(info, [&] { return do_load_engine(info); });
  });
}

Napi::Value do_devices(const Napi::CallbackInfo& info) {
  return write(info.Env(), Exports::devices(info.Env()));
}
napi_value call_devices(napi_env env, napi_callback_info raw) {
  return returned(env, raw, [](const Napi::CallbackInfo& info) {
    return do_devices(info);
  });
}

Queued<FilmPixels> do_prepare_film(const Napi::CallbackInfo& info) {
  Napi::TypedArray samples{};
  read(info[0], "samples", samples, {napi_uint8_array, napi_int8_array, napi_uint16_array, napi_int16_array, napi_uint32_array, napi_int32_array, napi_float32_array, napi_float64_array});
  FilmOptions options{};
  read(info[1], "options", options);
  return Exports::prepare_film(info.Env(), std::move(samples), std::move(options));
}
napi_value call_prepare_film(napi_env env, napi_callback_info raw) {
  return returned(env, raw, [](const Napi::CallbackInfo& info) {
    return promised(info, [&] { return do_prepare_film(info); });
  });
}

Queued<std::unique_ptr<ProgramInstance>> do_program_load(const Napi::CallbackInfo& info) {
  ProgramOptions options{};
  read(info[0], "options", options);
  return ProgramMethods::load(info.Env(), std::move(options));
}
napi_value call_program_load(napi_env env, napi_callback_info raw) {
  return returned(env, raw, [](const Napi::CallbackInfo& info) {
    return promised(info, [&] { return do_program_load(info); });
  });
}

Queued<std::vector<Tensor>> do_program_run(const Napi::CallbackInfo& info, ProgramInstance& self) {
  std::string method{};
  read(info[0], "method", method);
  std::vector<Tensor> inputs{};
  read(info[1], "inputs", inputs);
  return ProgramMethods::run(info.Env(), self, std::move(method), std::move(inputs));
}
napi_value call_program_run(napi_env env, napi_callback_info raw) {
  return returned(env, raw, [](const Napi::CallbackInfo& info) {
    ProgramInstance& self = unwrap_program(info);
    return promised(info, [&] { return do_program_run(info, self); });
  });
}

Napi::Value do_program_close(const Napi::CallbackInfo& info, ProgramInstance& self) {
  ProgramMethods::close(info.Env(), self);
  return info.Env().Undefined();
}
napi_value call_program_close(napi_env env, napi_callback_info raw) {
  return returned(env, raw, [](const Napi::CallbackInfo& info) {
    ProgramInstance& self = unwrap_program(info);
    return do_program_close(info, self);
  });
}

}  // namespace

Napi::Value write(Napi::Env env, const Tensor& from) {
  Napi::Object to = Napi::Object::New(env);
  define(to, "type", write(env, from.type, kElementTypeLiterals));
  define(to, "dims", write(env, from.dims));
  define(to, "data", write(env, from.data, {napi_float32_array, napi_int32_array, napi_uint8_array}));
  return to;
}

Napi::Value write(Napi::Env env, const EngineInfo& from) {
  Napi::Object to = Napi::Object::New(env);
  define(to, "libtorch", write(env, from.libtorch));
  define(to, "directory", write(env, from.directory));
  define(to, "compiledFor", write(env, from.compiled_for));
  define(to, "cuda", write(env, from.cuda));
  define(to, "tf32", write(env, from.tf32));
  return to;
}

Napi::Value write(Napi::Env env, const Device& from) {
  Napi::Object to = Napi::Object::New(env);
  define(to, "id", write(env, from.id));
  define(to, "name", write(env, from.name));
  define(to, "totalMemory", write(env, from.total_memory));
  return to;
}

Napi::Value write(Napi::Env env, const FilmPixels& from) {
  Napi::Object to = Napi::Object::New(env);
  define(to, "crop", write(env, from.crop, {napi_uint8_array}));
  if (from.film) define(to, "film", write(env, *from.film, {napi_uint8_array}));
  define(to, "meanGrey", write(env, from.mean_grey));
  define(to, "constant", write(env, from.constant));
  define(to, "nonFinite", write(env, from.non_finite));
  define(to, "spread", write(env, from.spread));
  return to;
}

Napi::Value write(Napi::Env env, const AddonConstant& from) {
  Napi::Object to = Napi::Object::New(env);
  define(to, "version", write(env, from.version));
  define(to, "abi", write(env, from.abi));
  return to;
}

void define_exports(Napi::Env env, Napi::Object exports) {
  define(exports, "addon", frozen(write(env, Exports::addon())));
  define(exports, "loadEngine", make_function(env, "loadEngine", call_load_engine));
  define(exports, "devices", make_function(env, "devices", call_devices));
  define(exports, "prepareFilm", make_function(env, "prepareFilm", call_prepare_film));
  define_class(env, exports, "Program", [](napi_env raw_env, napi_callback_info raw) {
    return returned(raw_env, raw, construct_program);
  }, {
    class_method("load", call_program_load),
    method("run", call_program_run),
    method("close", call_program_close),
  });
}

}  // namespace biovil
