#pragma once

#include <napi.h>

#include <memory>

#include "addon/environment.h"

namespace biovil {

struct ProgramInstance;

/// What belongs to one environment; its instance data.
struct AddonData {
  std::shared_ptr<Environment> environment;
  Napi::FunctionReference program_class;
  /// Set while a loaded program becomes an object; the constructor refuses every other caller.
  std::unique_ptr<ProgramInstance>* under_construction = nullptr;
};

}  // namespace biovil
