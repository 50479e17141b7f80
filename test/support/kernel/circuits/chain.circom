pragma circom 2.2.0;

/**
 * @title Chain
 * @proves `last` is what `steps` squarings, each with `seed` added, make of `first`.
 * @param steps - at least 1: one constraint each
 * @input seed - any field element, public
 * @input first - any field element, private
 * @output last - public
 */
template Chain(steps) {
    signal input seed;
    signal input first;
    signal output last;

    signal values[steps];
    values[0] <== first * first + seed;
    for (var i = 1; i < steps; i++) {
        values[i] <== values[i - 1] * values[i - 1] + seed;
    }
    last <== values[steps - 1];
}
