#include "explore/scenario.hpp"

#include "explore/crash_points.hpp"
#include "explore/engine.hpp"

namespace explore {

using detail::engine;

void* Scenario::allocate(std::size_t size, std::size_t alignment) { return engine->region().allocate(size, alignment); }

void Scenario::thread(const char* name, std::function<void()> body) { engine->add_thread(name, std::move(body)); }

void Scenario::finally(std::function<void()> check) { engine->set_end(std::move(check)); }

void Scenario::always(std::function<void()> check) { engine->set_always(std::move(check)); }

void Scenario::destroy_at_the_end(void* object, void (*destroy)(void*)) { engine->destroy_later(object, destroy); }

void require(bool it_is_so, const char* sentence) {
  if (it_is_so) return;
  if (engine == nullptr) detail::end_survivor(sentence);
  engine->fail(Fault::kBroken, std::string{"it does not hold that "} + sentence, __builtin_return_address(0),
               "this does not hold");
}

void die() { engine->die(__builtin_return_address(0)); }

Result explore(const std::function<void(Scenario&)>& scenario, const Effort& effort) {
  detail::Engine engine{scenario, effort};
  return engine.run();
}

}  // namespace explore
