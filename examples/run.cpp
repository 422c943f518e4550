// The same as run.c, in C++11: owners free the library's objects, errors are exceptions.
// c++ -O2 -I. examples/run.cpp -o build/example_run_cpp
// build/example_run_cpp data/abc.safetensors data/background_test.csv
#define PASSWD_IMPLEMENTATION
#include "passwd.h"
#include <algorithm>
#include <iomanip>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct Free {
    void operator()(passwd_abc *p) const { passwd_abc_free(p); }
    void operator()(passwd_abc_job *p) const { passwd_abc_job_free(p); }
    void operator()(passwd_events *p) const {
        passwd_events_free(p);
        delete p;
    }
};
template <class T> using Owned = std::unique_ptr<T, Free>;

void check(passwd_status status, const passwd_error &error) {
    if (status != PASSWD_OK) throw std::runtime_error(error.message);
}

class Network {
  public:
    explicit Network(const std::string &path) {
        passwd_error error;
        passwd_abc *abc = nullptr;
        check(passwd_abc_load(path.c_str(), nullptr, &abc, &error), error);
        network.reset(abc);
        passwd_abc_job *buffers = nullptr;
        check(passwd_abc_job_new(abc, nullptr, &buffers, &error), error);
        job.reset(buffers);
    }
    std::vector<passwd_abc_result> run(const passwd_events &events, int64_t first, int64_t count) {
        passwd_error error;
        std::vector<passwd_abc_result> results(static_cast<size_t>(count));
        check(passwd_abc_run(job.get(), &events, first, count, results.data(), nullptr, &error), error);
        return results;
    }

  private:
    Owned<passwd_abc> network;
    Owned<passwd_abc_job> job; // declared after the network, so freed before it
};

Owned<passwd_events> load(const std::string &path) {
    passwd_error error;
    Owned<passwd_events> events(new passwd_events());
    check(passwd_events_load(path.c_str(), nullptr, nullptr, events.get(), &error), error);
    return events;
}

} // namespace

int main(int argc, char **argv) try {
    Network network(argc > 1 ? argv[1] : "data/abc.safetensors");
    const Owned<passwd_events> events = load(argc > 2 ? argv[2] : "data/background_test.csv");
    std::cout << "event   mass / GeV    score   jets, hardest first: parent 0 or 1, ISR 2, not used -\n" << std::fixed;
    int64_t k = 0;
    for (const auto &result : network.run(*events, 0, std::min<int64_t>(10, events->count))) {
        const auto &answer = result.answer;
        const int64_t jets = std::min<int64_t>(events->first[k + 1] - events->first[k], PASSWD_MAX_OBJECTS);
        std::cout << std::setw(5) << events->id[k] << std::setprecision(1) << std::setw(13) << answer.mass_avg
                  << std::setprecision(3) << std::setw(9) << result.score << "  ";
        for (int64_t j = 0; j < jets; j++) {
            if (answer.category[j] < 0) std::cout << " -";
            else std::cout << ' ' << int(answer.category[j]);
        }
        std::cout << '\n';
        k++;
    }
    return 0;
} catch (const std::exception &problem) {
    std::cerr << problem.what() << '\n';
    return 1;
}
