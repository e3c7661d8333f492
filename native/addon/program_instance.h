#pragma once

#include <memory>

namespace biovil {

class Environment;
class LoadedProgram;
class Worker;

/// Behind a JavaScript `Program`. Without a program after close().
struct ProgramInstance {
  std::shared_ptr<Environment> environment;
  Worker* worker = nullptr;
  std::shared_ptr<LoadedProgram> program;

  void release();
};

}  // namespace biovil
