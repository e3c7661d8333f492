#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "addon/contract.h"
#include "addon/job.h"
#include "engine.h"

namespace biovil {

/// A tensor that owns a copy of its bytes.
struct TensorCopy {
  ElementType type;
  std::vector<int64_t> dims;
  std::vector<char> bytes;

  TensorView view() const { return {type, bytes.data(), dims.data(), dims.size()}; }
};

/// JavaScript thread. Throws a TypeError or RangeError where the parts of a tensor do not fit each other.
std::vector<TensorCopy> copy_tensors(const std::vector<Tensor>& tensors);

/// A loaded program. Everyone who uses it holds it by shared_ptr, so the last one out frees the weights.
class LoadedProgram {
 public:
  LoadedProgram(const Engine* engine, const ProgramOptions& options);
  ~LoadedProgram() { engine_->free_program(program_); }
  LoadedProgram(const LoadedProgram&) = delete;
  LoadedProgram& operator=(const LoadedProgram&) = delete;

  using Results = std::unique_ptr<biovil::Results, void (*)(biovil::Results*)>;
  Results run(const std::string& method, const std::vector<TensorCopy>& inputs);
  const Engine* engine() const { return engine_; }

 private:
  const Engine* const engine_;
  Program* program_;
};

/// Runs one method.
class RunJob : public ResultJob<std::vector<Tensor>> {
 public:
  RunJob(Napi::Env env, std::shared_ptr<LoadedProgram> program, std::string method,
         std::vector<TensorCopy> inputs)
      : ResultJob(env),
        program_(std::move(program)),
        method_(std::move(method)),
        inputs_(std::move(inputs)) {}

 private:
  void work() override;
  /// Copies the numbers into memory that JavaScript allocates.
  std::vector<Tensor> value(Napi::Env env) override;

  std::shared_ptr<LoadedProgram> program_;
  const std::string method_;
  const std::vector<TensorCopy> inputs_;
  LoadedProgram::Results results_{nullptr, nullptr};
};

/// Lets go of a program on the device's thread: unmapping hundreds of megabytes takes too long for the event
/// loop.
class ReleaseJob : public Job {
 public:
  explicit ReleaseJob(std::shared_ptr<LoadedProgram> program) : program_(std::move(program)) {}
  void execute() noexcept override { program_.reset(); }

 private:
  std::shared_ptr<LoadedProgram> program_;
};

}  // namespace biovil
