"""What calculus says about a run before it starts: numbers in, numbers out, no training.

initialization  how wide the weights and biases of a layer are drawn: σ_w², σ_b²
mean_field      what a wide random network does to the size of signals and gradients, layer by layer
fluctuations    how far a batch's gradient strays from mean_field at a finite width
criticality     where depth leads: fixed points q*, and the σ_w between vanishing and exploding
taylor          what derivatives say of a polynomial near a point
jacobians       of a chain of functions: the ways through it, added up
partials        partial derivatives, the gradient, and which direction is steepest
differences     how far off difference quotients are, and at which h least
counting        what a derivative costs in runs of the function, and how long its formula is
flops           what backpropagation costs, counted
descent         gradient descent on least squares: curvatures, rates, every iterate in closed form
regimes         the five things a learning rate can do on one curvature
sublinear       descent where the curvature dies out: no factor a step is fixed
momentum        heavy ball and Nesterov on one curvature: every iterate, damping, limits
sampling        mini-batches: how noisy their gradients are, and where weights hover
wells           minima, maxima and basins of a polynomial
overshoot       a rate too large for a minimum: it jumps to and fro
rolling         a ball with friction, as momentum rolls it from well to well
xor             where ReLU networks get stuck on XOR
curvature       a network's loss along a line, and its Hessian
random_matrices how likely it is that all curvatures are positive
saturation      how hard a loss pushes a saturated output, and how long the way back is
softmax_spectrum  what softmax's Jacobian can be like
rounded_losses  where programs lose the slope of a loss
untrained       the first loss of a network
saddle          how many steps SGD, momentum, Adam or mere noise need to leave a saddle point
clipping        what clipping leaves of a gradient's length and direction
rounding        what one rounding can do
slopes          where an activation is steepest and least steep
checks          the sentences that answer senseless input
"""
