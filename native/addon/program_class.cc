#include "addon/program_class.h"

#include <utility>

#include "addon/runtime.h"

namespace biovil {

/// Behind a JavaScript `Program`. Without a program after close().
struct ProgramInstance {
  std::shared_ptr<Environment> environment;
  Worker* worker = nullptr;
  std::shared_ptr<LoadedProgram> program;

  void release() {
    if (program == nullptr) return;
    environment->submit(*worker, std::make_unique<ReleaseJob>(std::move(program)));
  }
};

namespace {

constexpr napi_type_tag kProgramTag = {0x6269'6f76'696c'2e50, 0x726f'6772'616d'2e31};

void finalize(napi_env, void* data, void*) {
  std::unique_ptr<ProgramInstance> instance(static_cast<ProgramInstance*>(data));
  instance->release();
}

Napi::Value construct(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto* made = env.GetInstanceData<AddonData>()->under_construction;
  if (made == nullptr)
    throw Napi::TypeError::New(env, "Program has no public constructor: use Program.load()");
  napi_value self = info.This();
  NAPI_THROW_IF_FAILED(env, napi_wrap(env, self, made->get(), finalize, nullptr, nullptr), Napi::Value());
  made->release();
  NAPI_THROW_IF_FAILED(env, napi_type_tag_object(env, self, &kProgramTag), Napi::Value());
  return info.This();
}

ProgramInstance& unwrap(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  bool tagged = false;
  void* data = nullptr;
  if (!info.This().IsObject() ||
      napi_check_object_type_tag(env, info.This(), &kProgramTag, &tagged) != napi_ok || !tagged ||
      napi_unwrap(env, info.This(), &data) != napi_ok) {
    throw Napi::TypeError::New(env, "Illegal invocation: `this` is not a Program");
  }
  return *static_cast<ProgramInstance*>(data);
}

/// Loads a program and makes its JavaScript object.
class LoadJob : public PromiseJob {
 public:
  LoadJob(Napi::Env env, std::shared_ptr<Environment> environment, const Engine* engine, Worker* worker,
          ProgramOptions options)
      : PromiseJob(env),
        instance_(new ProgramInstance{std::move(environment), worker, nullptr}),
        engine_(engine),
        options_(std::move(options)) {}

 private:
  void work() override { instance_->program = std::make_shared<LoadedProgram>(engine_, options_); }

  Napi::Value result(Napi::Env env) override {
    AddonData* data = env.GetInstanceData<AddonData>();
    data->under_construction = &instance_;
    Napi::Object program = data->program_class.New({});
    data->under_construction = nullptr;
    return program;
  }

  std::unique_ptr<ProgramInstance> instance_;
  const Engine* const engine_;
  const ProgramOptions options_;
};

const LoadedEngine& loaded_engine() {
  const LoadedEngine* engine = Runtime::instance().loader().loaded();
  if (engine == nullptr) throw CodedError("ERR_NATIVE", "The engine is not loaded: call loadEngine() first");
  return *engine;
}

Napi::Value load(const Napi::CallbackInfo& info) {
  return promised(info.Env(), [&info]() -> Napi::Value {
    const LoadedEngine& engine = loaded_engine();
    ProgramOptions options = read_program_options(info[0]);
    Worker& worker = Runtime::instance().device_thread(engine, options.device);
    auto environment = info.Env().GetInstanceData<AddonData>()->environment;
    auto job = std::make_unique<LoadJob>(info.Env(), environment, engine.table, &worker, std::move(options));
    Napi::Promise promise = job->promise();
    environment->submit(worker, std::move(job));
    return promise;
  });
}

Napi::Value run(const Napi::CallbackInfo& info) {
  ProgramInstance& instance = unwrap(info);
  return promised(info.Env(), [&]() -> Napi::Value {
    if (instance.program == nullptr) throw CodedError("ERR_CLOSED", "The program was closed");
    if (!info[0].IsString()) throw Napi::TypeError::New(info.Env(), "Expected a string for method");
    auto job = std::make_unique<RunJob>(info.Env(), instance.program, info[0].As<Napi::String>().Utf8Value(),
                                        read_tensors(info[1]));
    Napi::Promise promise = job->promise();
    instance.environment->submit(*instance.worker, std::move(job));
    return promise;
  });
}

Napi::Value close(const Napi::CallbackInfo& info) {
  unwrap(info).release();
  return info.Env().Undefined();
}

/// What Node-API calls; turns exceptions of C++ into those of JavaScript.
template <Napi::Value (*function)(const Napi::CallbackInfo&)>
napi_value entry(napi_env env, napi_callback_info raw) {
  return Napi::details::WrapCallback(env,
                                     [&]() -> napi_value { return function(Napi::CallbackInfo(env, raw)); });
}

napi_property_descriptor method(const char* name, napi_callback callback,
                                napi_property_attributes attributes) {
  return {name, nullptr, callback, nullptr, nullptr, nullptr, attributes, nullptr};
}

}  // namespace

// binding.d.ts: Program
void define_program(Napi::Env env, Napi::Object exports, AddonData& data) {
  const auto on_instance = napi_default_method;
  const auto on_class = static_cast<napi_property_attributes>(napi_default_method | napi_static);
  const napi_property_descriptor members[] = {
      method("load", entry<load>, on_class),
      method("run", entry<run>, on_instance),
      method("close", entry<close>, on_instance),
  };
  napi_value constructor = nullptr;
  NAPI_THROW_IF_FAILED_VOID(env, napi_define_class(env, "Program", NAPI_AUTO_LENGTH, entry<construct>,
                                                   nullptr, std::size(members), members, &constructor));
  data.program_class = Napi::Persistent(Napi::Function(env, constructor));
  exports.Set("Program", data.program_class.Value());
}

}  // namespace biovil
