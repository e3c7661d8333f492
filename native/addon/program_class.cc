#include <utility>

#include "addon/addon_data.h"
#include "addon/contract.h"
#include "addon/program_jobs.h"
#include "addon/runtime.h"

// The class `Program` of binding.d.ts. Not an ObjectWrap: that would take any wrapped object for its own,
// also one of another addon. Here every instance carries a type tag, and a borrowed method throws a
// TypeError.

namespace biovil {

void ProgramInstance::release() {
  if (program == nullptr) return;
  environment->submit(*worker, std::make_unique<ReleaseJob>(std::move(program)));
}

namespace {

constexpr napi_type_tag kProgramTag = {0x6269'6f76'696c'2e50, 0x726f'6772'616d'2e31};

void finalize(napi_env, void* data, void*) noexcept {
  std::unique_ptr<ProgramInstance> instance(static_cast<ProgramInstance*>(data));
  try {
    instance->release();
  } catch (...) {
    // Without memory for a job the program goes here and now, with the instance.
  }
}

/// Hands an instance to the constructor, for as long as it lives.
class Construction {
 public:
  Construction(AddonData& data, std::unique_ptr<ProgramInstance>& instance) : data_(data) {
    data_.under_construction = &instance;
  }
  ~Construction() { data_.under_construction = nullptr; }
  Construction(const Construction&) = delete;
  Construction& operator=(const Construction&) = delete;

 private:
  AddonData& data_;
};

/// Loads a program and makes its JavaScript object.
class LoadJob : public ResultJob<std::unique_ptr<ProgramInstance>> {
 public:
  LoadJob(Napi::Env env, const Engine* engine, Worker* worker, ProgramOptions options)
      : ResultJob(env),
        instance_(new ProgramInstance{Environment::of(env), worker, nullptr}),
        engine_(engine),
        options_(std::move(options)) {}

 private:
  void work() override { instance_->program = std::make_shared<LoadedProgram>(engine_, options_); }
  std::unique_ptr<ProgramInstance> value(Napi::Env) override { return std::move(instance_); }

  std::unique_ptr<ProgramInstance> instance_;
  const Engine* const engine_;
  const ProgramOptions options_;
};

}  // namespace

Napi::Value write(Napi::Env env, std::unique_ptr<ProgramInstance> from) {
  AddonData& data = *env.GetInstanceData<AddonData>();
  Construction construction(data, from);
  return data.program_class.New({});
}

Napi::Value construct_program(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto* made = env.GetInstanceData<AddonData>()->under_construction;
  if (made == nullptr || *made == nullptr)
    throw Napi::TypeError::New(env, "Program has no public constructor: use Program.load()");
  napi_value self = info.This();
  NAPI_THROW_IF_FAILED(env, napi_wrap(env, self, made->get(), finalize, nullptr, nullptr), Napi::Value());
  made->release();
  NAPI_THROW_IF_FAILED(env, napi_type_tag_object(env, self, &kProgramTag), Napi::Value());
  return info.This();
}

ProgramInstance& unwrap_program(const Napi::CallbackInfo& info) {
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

Queued<std::unique_ptr<ProgramInstance>> ProgramMethods::load(Napi::Env env, ProgramOptions options) {
  const LoadedEngine& engine = Runtime::instance().loader().require();
  for (const ParameterRow& row : options.parameters) {
    if (row.strides && row.strides->size() != row.shape.size()) {
      throw coded(Napi::TypeError::New(env, "Expected as many strides as dimensions for " + row.name),
                  "ERR_INVALID_ARG_VALUE");
    }
  }
  Worker& worker = Runtime::instance().device_thread(engine, options.device);
  return {worker, std::make_unique<LoadJob>(env, engine.table, &worker, std::move(options))};
}

Queued<std::vector<Tensor>> ProgramMethods::run(Napi::Env env, ProgramInstance& self, std::string method,
                                                std::vector<Tensor> inputs) {
  // The arguments have been read by now: a getter among them may have called close().
  if (self.program == nullptr) throw CodedError("ERR_CLOSED", "The program was closed");
  return {*self.worker, std::make_unique<RunJob>(env, self.program, std::move(method), copy_tensors(inputs))};
}

void ProgramMethods::close(Napi::Env, ProgramInstance& self) { self.release(); }

}  // namespace biovil
